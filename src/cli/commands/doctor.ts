// `espmint doctor`: looks at everything that a run needs, and says what to do about what is missing.
import { Command } from 'commander';
import { EXIT, toEspmintError } from '../../core/errors/index.js';
import { jsonLine, type CliIo, type GlobalOptions } from '../io.js';
import { DOCTOR_CHECKS, type Finding } from '../doctor-checks.js';

const MARKS: Record<Finding['state'], string> = { ok: '✓', note: '·', fault: '✕' };

export function doctorCommand(io: CliIo): Command {
  return new Command('doctor')
    .description('check that this station has what it needs')
    .option('--json', 'print JSON Lines: one check a line')
    .action(async (_: unknown, self: Command) => {
      const options = self.optsWithGlobals<GlobalOptions & { json?: boolean }>();
      let faults = 0;
      for (const [name, check] of Object.entries(DOCTOR_CHECKS)) {
        const finding = await check(io, options).catch((error: unknown): Finding => {
          const { message, code } = toEspmintError(error);
          return { state: 'fault', text: `${message} [${code}]` };
        });
        if (finding.state === 'fault') faults++;
        if (options.json === true) io.stdout(jsonLine({ type: 'check', name, ...finding }));
        else io.stdout(`${MARKS[finding.state]} ${name.padEnd(14)} ${finding.text}\n`);
      }
      if (faults > 0) io.setExitCode(EXIT.internal);
    });
}
