// A trace tells a person what happened, plays the board's side back, and holds no secret in any form.
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn, TEST_MAC } from '../../../test/support/plug-in.js';
import { replayLink } from '../../../test/support/replay-link.js';
import { encodeNvs } from '../../core/nvs/index.js';
import type { VirtualBoard } from '../../virtual/index.js';
import type { Board } from '../board-contract.js';
import { connectBoard } from '../board.js';
import { ProcessBaudMemory } from '../connect/baud-memory.js';
import type { Link } from '../link/transport.js';
import { ProcessDigestMemory } from '../write/digest-memory.js';
import { PortTrace } from './port-trace.js';
import { TracedLink } from './traced-link.js';

const PSK = '3f8a61c2d94e07b5a1f2c3d4e5f60718';
const PASSWORD = 'Corral-Bramble-77';
const REGION = { offsetBytes: 0x9000, sizeBytes: 0x6000 };
const image = encodeNvs(
  [
    { namespace: 'zc', key: 'global_uuid', type: 'string', value: '110e3dc9-fa05-568f-a05a-98d00891029d' },
    { namespace: 'zc', key: 'psk_secret', type: 'string', value: PSK },
    { namespace: 'zc', key: 'wifi_pass', type: 'string', value: PASSWORD },
  ],
  REGION.sizeBytes,
);

const boards: VirtualBoard[] = [];
afterEach(() => {
  for (const board of boards.splice(0)) board.dispose();
});

/** What the work needs of its surroundings, fresh each time: the same is asked in the same order then. */
const fresh = () => ({ baudMemory: new ProcessBaudMemory(), digestMemory: new ProcessDigestMemory() });

async function provision(link: Link, options: Parameters<typeof connectBoard>[1] = {}): Promise<Board> {
  const board = await connectBoard(link, { stub: 'never', ...fresh(), ...options });
  await board.readPartitionTable();
  const after = await board.writeRegion({ offsetBytes: REGION.offsetBytes, image });
  await board.verifyRegion({ offsetBytes: REGION.offsetBytes, image }, { after });
  await board.reset();
  await board.watchBoot({ success: 'application', timeoutMs: 5_000, secrets: [PSK, PASSWORD] });
  return board;
}

async function traced(
  options: Parameters<typeof plugIn>[0] = {},
  work: (link: Link, trace: PortTrace) => Promise<unknown> = (link, trace) =>
    provision(link, { onEvent: (event) => trace.event(event) }),
): Promise<string> {
  const { virtual, link } = await plugIn(options);
  boards.push(virtual);
  const lines: string[] = [];
  const trace = new PortTrace('p1', performance.now(), (line) => lines.push(line));
  const recorded = new TracedLink(link, trace);
  await work(recorded, trace);
  await recorded.close();
  trace.flush();
  return lines.join('\n');
}

describe('a trace', () => {
  it('says in one line each what was asked, what came back, and what the driver made of it', async () => {
    const trace = await traced({ chip: 'esp32' });
    expect(trace).toMatch(/^ +\d+\.\d p1 - open \{"address":"virtual:/);
    expect(trace).toMatch(/p1 - lines \{"dtr":false,"rts":true\}/);
    expect(trace).toMatch(/p1 > sync \| 0008240000000000/);
    expect(trace).toMatch(/p1 > readRegister 0x40001000 \| 000a0400/);
    expect(trace).toMatch(/p1 < readRegister 0xf01d83 \| 010a0400831df000/);
    expect(trace).toMatch(/p1 > flashData 0x160 .* \| 0003[0-9a-f]{44}\[352 bytes [0-9a-f]{16}\]/);
    expect(trace).toMatch(/p1 \* chip \{"facts":\{"chip":"esp32"/);
    expect(trace).toMatch(/p1 < ".*\\n"/);
    expect(trace).toMatch(/p1 - close \{\}$/);
  });

  it.each(['esp32', 'esp32c3', 'esp32s3'] as const)('plays the side of an %s back', async (chip) => {
    const link = replayLink(await traced({ chip }));
    const board = await provision(link);
    expect(board.facts).toMatchObject({ chip, mac: TEST_MAC, flashSizeBytes: 0x40_0000 });
    expect(link.isOver).toBe(true);
  });

  it('plays a fault back: a damaged answer and the lower rate that followed', async () => {
    const faults = {
      seed: 1,
      faults: [{ kind: 'flip-answer', command: 'security-info', nth: 1, bit: 2 } as const],
    };
    const work = (link: Link): Promise<unknown> => connectBoard(link, { expectChip: 'esp32c3', ...fresh() });
    const link = replayLink(await traced({ chip: 'esp32c3', faults }, work));
    expect((await connectBoard(link, { expectChip: 'esp32c3', ...fresh() })).security.secureDownload).toBe(
      false,
    );
    expect(link.isOver).toBe(true);
  });

  it('is not played back to another question', async () => {
    const link = replayLink(await traced({ chip: 'esp32' }));
    await expect(connectBoard(link, { expectChip: 'esp32c3', ...fresh() })).rejects.toMatchObject({
      code: 'LINK_CLOSED',
    });
  });
});

/** The forms in which a secret may stand in a text. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const list = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  return [
    secret,
    [...secret].reverse().join(''),
    bytes.toString('hex'),
    bytes.toString('base64').replaceAll('=', ''),
    bytes.toString('base64url').replaceAll('=', ''),
    list.join(' '),
    list.join(', 0x'),
    encodeURIComponent(secret),
  ];
}

describe('no secret is in a trace', () => {
  it('of a run with a stub, of one that reads the flash back, and of a firmware that prints what it reads', async () => {
    const flashContent = new Uint8Array(0x40_0000).fill(0xff);
    flashContent.set(image, REGION.offsetBytes);
    const traces = [
      await traced({ chip: 'esp32', application: 'nvs-leaky' }),
      await traced({ chip: 'esp32c3' }, (link) => provision(link, { stub: 'always' })),
      await traced({ chip: 'esp32', flashContent }, async (link) => {
        for (const stub of ['never', 'always'] as const) {
          const board = await connectBoard(link, { stub, ...fresh() });
          expect(await board.readFlash(REGION)).toEqual(image);
        }
      }),
    ];
    for (const secret of [PSK, PASSWORD])
      for (const form of formsOf(secret))
        for (const trace of traces) expect(trace.toLowerCase()).not.toContain(form.toLowerCase());
  });

  it('of what is typed into a console, and of its echo', () => {
    const lines: string[] = [];
    const trace = new PortTrace('p1', 0, (line) => lines.push(line));
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    trace.sent(bytes(`wifi_config -s Lab -p "${PASSWORD}"\r\n`));
    trace.received(bytes('esp> wifi_config -s Lab -p "Corral-'));
    trace.received(bytes('Bramble-77"\r\nI (90) wifi: connecting\r\n'));
    trace.flush();
    const all = lines.join('\n');
    expect(all).toMatch(/> text \| \[\d+ bytes/);
    expect(all).toContain('I (90) wifi: connecting');
    for (const form of formsOf(PASSWORD)) expect(all).not.toContain(form);
    expect(all).not.toContain('Bramble');
  });

  it('and any bytes give lines', () => {
    const lines: string[] = [];
    const trace = new PortTrace('p1', 0, (line) => lines.push(line));
    for (let seed = 1; seed < 200; seed++) {
      const bytes = Uint8Array.from(
        { length: seed },
        (_, at) => (Math.imul(seed * 31 + at, 2_654_435_761) >>> 24) & 0xff,
      );
      trace.received(bytes);
      trace.sent(Uint8Array.of(0xc0, ...bytes, 0xc0));
    }
    trace.flush();
    expect(lines.length).toBeGreaterThan(200);
    expect(lines.every((line) => /^ *\d+\.\d p1 [<>] \S/.test(line))).toBe(true);
  });
});
