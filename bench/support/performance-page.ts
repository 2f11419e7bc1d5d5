// docs/reference/performance.md and its pictures, from the figures of one whole run of the benchmarks.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { barChart, type Bar } from './chart.js';

/** What each benchmark writes, as far as the page shows it. */
export interface WholeRun {
  readonly device: {
    readonly results: readonly {
      readonly flash: string;
      readonly baud: number;
      readonly latencyMs: number;
      readonly oursMs: number;
      readonly byHandMs: number;
      readonly floorMs: number;
      readonly roundTrips: number;
      readonly wireBytes: number;
      readonly sectorsErased: number;
    }[];
  };
  readonly station: {
    readonly speed: Readonly<
      Record<
        | 'oneBoardMs'
        | 'allBoardsMs'
        | 'ratio'
        | 'boardsPerHour'
        | 'queriesPerBoard'
        | 'fsyncsPerBoard'
        | 'stationCpuMsPerBoard',
        number
      >
    >;
    readonly byHand: { readonly boardsPerHour: number };
  };
  readonly nvs: { readonly imagesPerSecond: Readonly<Record<string, number>> };
  readonly registry: {
    readonly rows: number;
    readonly writes: Readonly<Record<string, number>>;
    readonly transfer: Readonly<Record<string, { readonly rowsPerSecond: number }>>;
  };
  readonly startup: {
    readonly processes: Readonly<
      Record<string, { readonly wallMs: number; readonly cpuMs?: number; readonly ofBareNode: number }>
    >;
  };
  readonly memory: {
    readonly boards: number;
    readonly failed: number;
    readonly samples: readonly {
      readonly runs: number;
      readonly serviceMiB: number;
      readonly serverMiB: number;
    }[];
  };
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
}

/** @param folder of one whole run: a file of each benchmark */
export function readWholeRun(folder: string): WholeRun {
  const read = (name: string): object =>
    JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as object;
  const names = ['device', 'station', 'nvs', 'registry', 'startup', 'memory'];
  const all = Object.fromEntries(names.map((name) => [name, read(name)]));
  return { ...all, machine: (all['device'] as Pick<WholeRun, 'machine'>).machine } as WholeRun;
}

export interface PerformancePage {
  readonly markdown: string;
  /** SVG by the name of its file. */
  readonly pictures: ReadonlyMap<string, string>;
}

const number = (value: number): string => Math.round(value).toLocaleString('en-US');
const times = (theirs: number, ours: number): string => `${(theirs / ours).toFixed(1)}×`;

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

interface Section {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly chart: string;
  readonly table: string;
}

function device({ device: { results } }: WholeRun): Section {
  const shown = results.filter(({ baud, latencyMs }) => baud === 460_800 && latencyMs === 16);
  const bars = shown.flatMap(({ flash, oursMs, byHandMs, floorMs }): Bar[] => [
    { label: `${flash} flash: espmint`, value: oursMs, text: `${number(oursMs)} ms`, ours: true },
    { label: 'by hand', value: byHandMs, text: `${number(byHandMs)} ms`, ours: false },
    { label: 'no client could be faster than', value: floorMs, text: `${number(floorMs)} ms`, ours: false },
  ]);
  return {
    name: 'device',
    title: 'One board',
    text: 'From the first byte to the reset, the port opened and the write proven, beside esptool, the NVS generator and esptool again. The picture: 460800 baud, a USB adapter with 16 ms of latency. "Earlier" flash holds an image of another identity, "used" flash is full of something else.',
    chart: barChart('One board, milliseconds (less is better)', bars),
    table: table(
      [
        'flash',
        'baud',
        'adapter, ms',
        'espmint, ms',
        'by hand, ms',
        'faster',
        'least possible, ms',
        'round trips',
        'bytes',
        'sectors erased',
      ],
      results.map((each) => [
        each.flash,
        each.baud,
        each.latencyMs,
        number(each.oursMs),
        number(each.byHandMs),
        times(each.byHandMs, each.oursMs),
        number(each.floorMs),
        each.roundTrips,
        number(each.wireBytes),
        each.sectorsErased,
      ]),
    ),
  };
}

function station({ station: { speed, byHand } }: WholeRun): Section {
  const ours = speed.boardsPerHour;
  const theirs = byHand.boardsPerHour;
  return {
    name: 'station',
    title: 'A station of 32 boards',
    text: 'All at once, with a batch and the embedded registry; by hand one board after the other.',
    chart: barChart('Boards an hour (more is better)', [
      { label: 'espmint, 32 slots', value: ours, text: number(ours), ours: true },
      { label: 'by hand, one after the other', value: theirs, text: number(theirs), ours: false },
    ]),
    table: table(
      ['', ''],
      [
        ['one board, ms', number(speed.oneBoardMs)],
        ['32 boards, ms', number(speed.allBoardsMs)],
        ['32 boards take so many times one', speed.ratio],
        ['processor time of a board, ms', speed.stationCpuMsPerBoard],
        ['queries of a board', speed.queriesPerBoard],
        ['fsyncs of a board', speed.fsyncsPerBoard],
      ],
    ),
  };
}

function nvs({ nvs: { imagesPerSecond } }: WholeRun): Section {
  const rows = Object.entries(imagesPerSecond);
  return {
    name: 'nvs',
    title: 'NVS images',
    text: "The codec beside Espressif's generator (tool), on the same rows, in turns.",
    chart: barChart(
      'NVS images a second (more is better)',
      rows
        .filter(([name]) => !name.includes('template'))
        .map(([label, value]) => ({ label, value, text: number(value), ours: label.startsWith('ours') })),
    ),
    table: table(
      ['', 'images a second'],
      rows.map(([name, value]) => [name, number(value)]),
    ),
  };
}

function registry({ registry: { rows, writes, transfer } }: WholeRun): Section {
  const rates = Object.entries(writes).filter(([name]) => name.includes('/s'));
  const moved = Object.entries(transfer).map(([name, each]) => [name, number(each.rowsPerSecond)] as const);
  return {
    name: 'registry',
    title: 'The registry',
    text: `The embedded server among ${number(rows)} devices, beside a bare client of PostgreSQL. A board is a reservation and a confirmation, each on the disk before it counts.`,
    chart: barChart(
      'Writes a second (more is better)',
      rates.map(([label, value]) => ({
        label,
        value,
        text: number(value),
        ours: !label.startsWith('bare'),
      })),
    ),
    table: table(['', 'a second'], [...rates.map(([name, value]) => [name, number(value)]), ...moved]),
  };
}

function startup({ startup: { processes } }: WholeRun): Section {
  const rows = Object.entries(processes);
  return {
    name: 'startup',
    title: 'Whole commands',
    text: 'As a shell starts them, from the start of the process to its end. Boards: blank flash at 460800 baud.',
    chart: barChart(
      'Whole processes, milliseconds (less is better)',
      rows.map(([label, { wallMs }]) => ({
        label,
        value: wallMs,
        text: `${number(wallMs)} ms`,
        ours: label.startsWith('espmint'),
      })),
    ),
    table: table(
      ['', 'ms', 'processor time, ms', 'times bare Node'],
      rows.map(([name, { wallMs, cpuMs, ofBareNode }]) => [
        name,
        number(wallMs),
        cpuMs === undefined ? '' : number(cpuMs),
        ofBareNode,
      ]),
    ),
  };
}

function memory({ memory: { boards, failed, samples } }: WholeRun): Section {
  const last = samples.at(-1);
  return {
    name: 'memory',
    title: 'Memory',
    text: `\`espmint serve\` and its embedded server (resident, and proportional share), while ${boards} boards are provisioned again and again${failed === 0 ? '' : `; ${failed} runs did not pass`}.`,
    chart: barChart(
      `MiB after ${number(last?.runs ?? 0)} runs`,
      samples.flatMap(({ runs, serviceMiB }) => [
        {
          label: `service after ${number(runs)} runs`,
          value: serviceMiB,
          text: `${serviceMiB} MiB`,
          ours: true,
        },
      ]),
    ),
    table: table(
      ['runs', 'service, MiB', 'embedded server, MiB'],
      samples.map(({ runs, serviceMiB, serverMiB }) => [number(runs), serviceMiB, serverMiB]),
    ),
  };
}

export function performancePage(run: WholeRun): PerformancePage {
  const sections = [device, station, nvs, registry, startup, memory].map((make) => make(run));
  const { cpu, cores, node } = run.machine;
  const markdown = [
    '# Performance',
    `What espmint costs beside what a user would take instead, both measured in one run of \`npm run bench\` (${cores} cores, ${cpu}, Node ${node.slice(1)}). Boards are virtual, with the timing of real ones: every byte paced, a flash chip's data sheet, the latency of a USB adapter. Times depend on the machine; ratios and counts hardly do. \`npm run bench\` measures all of it again, in less than 20 minutes, and writes this page.`,
    ...sections.map((section) =>
      [
        `## ${section.title}`,
        section.text,
        `![${section.title}: figures in the table below](../images/performance-${section.name}.svg)`,
        section.table,
      ].join('\n\n'),
    ),
  ].join('\n\n');
  return {
    markdown: `${markdown}\n`,
    pictures: new Map(sections.map(({ name, chart }) => [`performance-${name}.svg`, chart])),
  };
}
