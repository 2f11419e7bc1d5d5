// A virtual board in a process of its own behind a device path, as a real one is apart from the program that uses it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChipName } from '../../src/core/chips/index.js';
import { connectBoard } from '../../src/driver/index.js';
import {
  REAL,
  createVirtualBoard,
  memoryTransport,
  servePty,
  type FloorRegion,
  type LedgerReport,
} from '../../src/virtual/index.js';

/** Real timing; bytes of flash by their place. */
export interface BoardSetup {
  readonly latencyMs: number;
  readonly flashSizeBytes: number;
  readonly region?: FloorRegion;
  /** Default: the original ESP32. */
  readonly chip?: ChipName;
  readonly mac?: string;
  /** Without a partition table. */
  readonly blank?: boolean;
  /** Base64, by the decimal offset. */
  readonly content: Readonly<Record<string, string>>;
}

const ROLE = '--board-apart';
/** The board was just switched on: its loader listens before anybody's clock starts. */
const UNTIL_READY_MS = 2 * REAL.bootMs;

const WARM_UP_ROUNDS = 3;
const WARM_UP_BAUD = 921_600;
const WARM_UP_MS = 1_000;
const WARM_UP_OFFSET = 0x9000;
const WARM_UP_BYTES = 0x1000;

type Message = { readonly url: string } | { readonly sessions: readonly LedgerReport[] };

/** To be called first by a program that uses `withBoard`: it is started again for the board. True in that process. */
export async function isBoardProcess(): Promise<boolean> {
  if (process.argv.at(-1) !== ROLE) return false;
  const [setup] = (await once(process, 'message')) as [BoardSetup];
  await serve(setup);
  return true;
}

/**
 * A chip is as quick at its first request as at its last; a program that plays one is not until it is compiled. So a
 * whole work is done on another board of this process before.
 */
async function warmUp(): Promise<void> {
  const board = createVirtualBoard({
    partitionTable: 'stock',
    timing: { ...REAL, bootMs: 0, usbLatencyMs: 0 },
  });
  const transport = memoryTransport(new Map([['warm-up', board]]));
  const image = new Uint8Array(WARM_UP_BYTES).fill(0x5a);
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    const link = await transport.open('virtual://warm-up', { baud: WARM_UP_BAUD, timeoutMs: WARM_UP_MS });
    const connected = await connectBoard(link, { baud: WARM_UP_BAUD });
    await connected.readPartitionTable();
    await connected.writeRegion({ offsetBytes: WARM_UP_OFFSET, image });
    await connected.verifyRegion({ offsetBytes: WARM_UP_OFFSET, image });
    await connected.close();
    board.flash.bytes.fill(0xff, WARM_UP_OFFSET);
  }
  board.dispose();
}

async function serve(setup: BoardSetup): Promise<void> {
  const { latencyMs, flashSizeBytes, region, content, chip, mac, blank = false } = setup;
  await warmUp();
  const sessions: LedgerReport[] = [];
  const board = createVirtualBoard({
    partitionTable: blank ? 'none' : 'stock',
    ...(chip === undefined ? {} : { chip }),
    ...(mac === undefined ? {} : { mac }),
    flashSizeBytes,
    ...(region === undefined ? {} : { region }),
    timing: { ...REAL, usbLatencyMs: latencyMs },
    onSession: (report) => sessions.push(report),
  });
  for (const [offset, bytes] of Object.entries(content)) {
    board.flash.program(Number(offset), Uint8Array.from(Buffer.from(bytes, 'base64')));
  }
  const server = await servePty(board, 'esp32');
  await sleep(UNTIL_READY_MS);
  process.send?.({ url: server.url } satisfies Message);
  await once(process, 'message');
  await server.close();
  board.dispose();
  process.send?.({ sessions } satisfies Message);
  process.disconnect();
}

/** What `act` gave, and what each of its sessions cost the board. */
export async function withBoard<T>(
  setup: BoardSetup,
  act: (port: string) => Promise<T>,
): Promise<{ value: T; sessions: readonly LedgerReport[] }> {
  const child = fork(process.argv[1] ?? '', [ROLE]);
  try {
    child.send(setup);
    const [ready] = (await once(child, 'message')) as [Message];
    if (!('url' in ready)) throw new Error('the board did not start');
    const value = await act(ready.url);
    const ended = once(child, 'message') as Promise<[Message]>;
    child.send('end');
    const [last] = await ended;
    return { value, sessions: 'sessions' in last ? last.sessions : [] };
  } finally {
    child.kill();
  }
}
