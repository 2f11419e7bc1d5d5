// `espmint stats`: yield, pace, causes of failure and times of stages, as a table, CSV or JSON.
import { Command, Option } from 'commander';
import { figuresToCsv } from '../../core/figures/csv.js';
import { figuresBy, figuresOf, type Figures } from '../../core/figures/figures.js';
import { GROUPINGS, type Grouping } from '../../registry/statistics/runs.js';
import { withProduction } from '../compose/parts-of-database.js';
import { requireKnownNames } from '../compose/known-names.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { show } from '../output/show.js';
import { formatDuration } from '../output/format.js';
import { tableLines } from '../output/table.js';
import { parseTime, TIME_FORMS } from '../arguments/times.js';
import { counted } from '../../core/text.js';

interface Options extends GlobalOptions {
  readonly batch?: string;
  readonly station?: string;
  readonly since?: string;
  readonly until?: string;
  readonly by?: Grouping;
  readonly csv?: boolean;
  readonly json?: boolean;
}

export function statsCommand(io: CliIo): Command {
  return new Command('stats')
    .option('--batch <name>', 'only boards of this batch')
    .option('--station <name>', 'only boards of this station')
    .option('--since <time>', `only runs that ended then or later: ${TIME_FORMS}`)
    .option('--until <time>', 'only runs that ended before then; a day alone is taken in as a whole')
    .addOption(
      new Option('--by <group>', 'figures for each of these as well').choices(Object.keys(GROUPINGS)),
    )
    .option('--csv', 'print CSV with a header')
    .option('--json', 'print one JSON object a line')
    .action((_: unknown, self: Command) => stats(io, self.optsWithGlobals<Options>()));
}

async function stats(io: CliIo, options: Options): Promise<void> {
  const { batch, station, by } = options;
  const sinceMs = parseTime(options.since, '--since');
  const untilMs = parseTime(options.until, '--until');
  const runs = await withProduction(io, options, async (production) => {
    const found = await production.runs.read({ batch, station, sinceMs, untilMs });
    if (found.length === 0) await requireKnownNames(production, { batch, station });
    return found;
  });
  if (runs.length === 0) io.stderr(NO_RUNS);
  const groups = new Map([
    ['all', figuresOf(runs)],
    ...(by === undefined ? [] : figuresBy(runs, GROUPINGS[by])),
  ]);
  if (options.csv === true && options.json !== true) return io.stdout(figuresToCsv(groups));
  for (const [group, figures] of groups) {
    show(io, options, { type: 'figures', group, ...figures }, describe(group, figures, io.outputColumns));
  }
}

const NO_RUNS =
  'No run of a station matches. Boards of "espmint provision" are not counted here; "espmint devices list" has them.\n';

const INDENT = '  ';
/** Shares are of the failed runs; the last one adds up those above. */
const FAILURE_HEADS = ['FAILURE', 'STAGE', 'RUNS', 'OF FAILED', 'WITH THOSE ABOVE'];
const STAGE_HEADS = ['STAGE', 'MEDIAN', '95 % WITHIN'];

const percent = (share: number | undefined): string =>
  share === undefined ? '-' : `${(share * 100).toFixed(1)} %`;
const duration = (ms: number | undefined): string => (ms === undefined ? '-' : formatDuration(ms));

function describe(group: string, figures: Figures, columns: number): string {
  const { boards, passed, failed, reworked, alreadyDone, runs, boardsPerHour } = figures;
  const lines = [
    group,
    `  boards            ${boards} (${passed} passed, ${failed} failed, ${reworked} reworked, ${alreadyDone} done before; ${counted(runs, 'run')})`,
    `  first-pass yield  ${percent(figures.firstPassYield)}`,
    `  final yield       ${percent(figures.finalYield)}`,
    `  takt              ${duration(figures.taktMs)}`,
    `  boards an hour    ${boardsPerHour === undefined ? '-' : Math.round(boardsPerHour)}`,
    `  run               ${duration(figures.runMs)}`,
  ];
  const failures = figures.failures.map(({ code, stage, ...of }) => [
    code,
    stage,
    String(of.count),
    percent(of.share),
    percent(of.cumulative),
  ]);
  const stages = figures.stages.map((one) => [one.stage, duration(one.medianMs), duration(one.p95Ms)]);
  for (const [heads, rows] of [
    [FAILURE_HEADS, failures],
    [STAGE_HEADS, stages],
  ] as const) {
    if (rows.length > 0)
      lines.push('', ...tableLines(heads, rows, columns - INDENT.length).map((line) => INDENT + line));
  }
  return `${lines.join('\n')}\n\n`;
}
