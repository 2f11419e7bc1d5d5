// Colours on a terminal only: a pipe, a file and a build server get plain text.
import pc from 'picocolors';

const { env, stdout } = process;
const wanted = env['FORCE_COLOR'] !== undefined || (stdout.isTTY && env['TERM'] !== 'dumb');

export const colours = pc.createColors(wanted && env['NO_COLOR'] === undefined);
