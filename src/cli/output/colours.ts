// Colours on a terminal only: a pipe, a file and a build server get plain text.
import pc from 'picocolors';

const { env, stdout } = process;
/** `isTTY` is absent, not false, where standard output is no terminal. */
const isTerminal = stdout.isTTY ? env['TERM'] !== 'dumb' : false;

export const colours = pc.createColors(
  env['NO_COLOR'] === undefined && (env['FORCE_COLOR'] !== undefined || isTerminal),
);
