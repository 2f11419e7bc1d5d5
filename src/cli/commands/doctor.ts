// `espmint doctor`: looks at everything that a run needs, and says what to do about what is missing.
import { Command } from 'commander';
import { EXIT, toEspmintError, invalidInput } from '../../core/errors/index.js';
import { checkEnding } from '../arguments/file-form.js';
import { traceOption } from '../arguments/board-options.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { show } from '../output/show.js';
import type { Finding } from './doctor/doctor-checks.js';

interface Options {
  readonly json?: boolean;
  readonly port?: string;
  readonly deep?: boolean;
  readonly report?: string;
}

/** As long as `data directory`, and as `reset classic, slow EN`. */
const NAME_CHARS = 14;
const BOARD_NAME_CHARS = 22;

const MARKS: Record<Finding['state'], string> = { ok: '✓', note: '·', fault: '✕' };

export function doctorCommand(io: CliIo): Command {
  return new Command('doctor')
    .option('-p, --port <address>', 'with --deep: the board to test')
    .option('--deep', 'test a board and its link without changing it: resets, rates, answer times, reading')
    .addOption(traceOption())
    .option('--report <file>', 'with --deep: write the findings as JSON, without MAC or contents')
    .option('--json', 'print JSON Lines: one check a line')
    .action(async (_: unknown, self: Command) => {
      const options = self.optsWithGlobals<GlobalOptions & Options>();
      const board = boardToTest(options);
      let faults = 0;
      const tell = (name: string, finding: Finding): void => {
        if (finding.state === 'fault') faults++;
        const shownName = name.padEnd(board === undefined ? NAME_CHARS : BOARD_NAME_CHARS);
        const text = `${MARKS[finding.state]} ${shownName} ${finding.text}\n`;
        show(io, options, { type: 'check', name, ...finding }, text);
      };
      if (board !== undefined) {
        const { testBoard } = await import('./doctor/doctor-board.js');
        await testBoard(io, board, tell);
        if (faults > 0) io.setExitCode(EXIT.board);
        return;
      }
      const { DOCTOR_CHECKS } = await import('./doctor/doctor-checks.js');
      for (const [name, check] of Object.entries(DOCTOR_CHECKS)) {
        const finding = await check(io, options).catch((error: unknown): Finding => {
          const { message, code } = toEspmintError(error);
          return { state: 'fault', text: `${message} [${code}]` };
        });
        tell(name, finding);
      }
      if (faults > 0) io.setExitCode(EXIT.internal);
    });
}

/** The board that --deep is about; undefined without it. */
function boardToTest({
  deep,
  port,
  report,
}: Options): { port: string; report: string | undefined } | undefined {
  if (report !== undefined) checkEnding({ field: '--report', path: report, forms: ['json'] });
  if (deep === true && port !== undefined) return { port, report };
  if (deep !== true && port === undefined && report === undefined) return undefined;
  throw invalidInput(
    '--deep, --port and --report',
    'belong together: a board is tested at a port',
    'give --deep --port ADDRESS, with --report FILE if you like',
  );
}
