// Where the milliseconds of one board go: each exchange of one run, beside the parts of the floor.
// `npm run bench -- device-timeline blank 921600 1`: flash, baud rate, latency of the adapter in ms.
import type { Link, ModemLines, Wait } from '../src/driver/link/transport.js';
import { isBoardProcess, withBoard } from './support/board-apart.js';
import { ours, setupOf, type Setting } from './support/device-work.js';

/** The last one is shown: by then the program is warm. */
const RUNS = 4;
const FRAME_END = 0xc0;
/** By their operation codes (esptool documentation, "Serial Protocol"). */
const NAMES: Readonly<Record<number, string>> = {
  0x02: 'begin',
  0x03: 'data',
  0x04: 'end',
  0x05: 'mem-begin',
  0x07: 'mem-data',
  0x08: 'sync',
  0x09: 'write-reg',
  0x0a: 'read-reg',
  0x0b: 'set-params',
  0x0d: 'attach',
  0x0e: 'read-flash',
  0x0f: 'change-baud',
  0x10: 'defl-begin',
  0x11: 'defl-data',
  0x13: 'md5',
  0x14: 'security-info',
};

interface Moment {
  readonly atMs: number;
  readonly what: string;
  readonly bytes: number;
}

/** Notes what crosses a link, and when. */
class WatchedLink implements Link {
  readonly moments: Moment[] = [];
  readonly #inner: Link;
  readonly #started = performance.now();

  constructor(inner: Link) {
    this.#inner = inner;
  }

  get address(): string {
    return this.#inner.address;
  }
  get hasModemLines(): boolean {
    return this.#inner.hasModemLines;
  }
  get baud(): number {
    return this.#inner.baud;
  }

  async write(bytes: Uint8Array, wait: Wait): Promise<void> {
    this.#note(`> ${commandsIn(bytes)}`, bytes.length);
    await this.#inner.write(bytes, wait);
  }
  async read(wait: Wait): Promise<Uint8Array> {
    const bytes = await this.#inner.read(wait);
    this.#note('<', bytes.length);
    return bytes;
  }
  discardInput(): void {
    this.#inner.discardInput();
  }
  async setLines(lines: ModemLines): Promise<void> {
    await this.#inner.setLines(lines);
  }
  async setBaud(baud: number): Promise<void> {
    this.#note(`rate ${baud}`, 0);
    await this.#inner.setBaud(baud);
  }
  async close(): Promise<void> {
    this.#note('close', 0);
    await this.#inner.close();
  }

  #note(what: string, bytes: number): void {
    this.moments.push({ atMs: performance.now() - this.#started, what, bytes });
  }
}

/** Names of the requests in one write, runs of the same counted. */
function commandsIn(bytes: Uint8Array): string {
  const runs: { name: string; count: number }[] = [];
  for (let at = 0; at + 2 < bytes.length; at++) {
    const beginsFrame =
      bytes[at] === FRAME_END && bytes[at + 1] === 0 && (at === 0 || bytes[at - 1] === FRAME_END);
    if (!beginsFrame) continue;
    const op = bytes[at + 2] ?? 0;
    const name = NAMES[op] ?? `0x${op.toString(16)}`;
    const last = runs.at(-1);
    if (last?.name === name) last.count += 1;
    else runs.push({ name, count: 1 });
  }
  return runs.map(({ name, count }) => (count === 1 ? name : `${count} ${name}`)).join(', ');
}

function show(moments: readonly Moment[]): void {
  let lastMs = 0;
  for (const { atMs, what, bytes } of moments) {
    const cells = [atMs.toFixed(1), `+${(atMs - lastMs).toFixed(1)}`, bytes === 0 ? '' : String(bytes)];
    console.log(`${cells.map((cell) => cell.padStart(8)).join('')}  ${what}`);
    lastMs = atMs;
  }
}

async function main(): Promise<void> {
  const [flash = 'blank', baud = '921600', latency = '1'] = process.argv.slice(2);
  const setting = { flash: flash as Setting['flash'], baud: Number(baud), latencyMs: Number(latency) };
  for (let run = 1; run <= RUNS; run++) {
    let watched: WatchedLink | undefined;
    const { value, sessions } = await withBoard(setupOf(setting), (port) =>
      ours(port, setting, (link) => (watched = new WatchedLink(link))),
    );
    console.log(`run ${run}: ${value.toFixed(1)} ms`);
    if (run < RUNS) continue;
    show(watched?.moments ?? []);
    for (const { timeMs, roundTrips, floor } of sessions) console.log({ timeMs, roundTrips, floor });
  }
}

if (!(await isBoardProcess())) await main();
