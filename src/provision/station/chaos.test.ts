// Operators who pull and swap boards at any moment: no false pass, no lost key, no slot that stays stuck.
import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeNvs } from '../../core/nvs/index.js';
import { parseProfile } from '../../core/profile/parse.js';
import type { ProvisionResult } from '../../core/stages.js';
import { connectBoard } from '../../driver/index.js';
import { openKeyFile } from '../../registry/index.js';
import {
  createVirtualBoard,
  memoryTransport,
  type HostEvents,
  type HostPort,
  type Pluggable,
  type VirtualBoard,
} from '../../virtual/index.js';
import { buildPlan } from '../build-plan.js';
import { provisionDevice } from '../provision-device.js';
import { Station } from './station.js';

const SLOTS = 4;
const MOVES = 60;

/** The cable of one slot: whatever board is in it, it can be pulled. */
class Cable implements Pluggable {
  board: VirtualBoard | undefined;
  #host: { events: HostEvents; port: HostPort } | undefined;

  get isFree(): boolean {
    return this.board?.isFree ?? true;
  }

  plugIn(events: HostEvents): HostPort {
    if (this.board === undefined) throw new Error('no board is in this slot');
    const port = this.board.plugIn(events);
    this.#host = { events, port };
    return port;
  }

  pull(): void {
    this.#host?.events.gone('unplugged');
    this.#host?.port.unplug();
    this.#host = undefined;
    this.board = undefined;
  }
}

/** Mulberry32: the same moves in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function keyOn(board: VirtualBoard): string | undefined {
  const { values } = decodeNvs(board.flash.read(0x9000, 0x10000));
  const found = values.find(({ key }) => key === 'psk_secret');
  return found === undefined ? undefined : String(found.value);
}

it('survives boards that are pulled and swapped at random moments', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-chaos-'));
  const registry = await openKeyFile(join(folder, 'keys.jsonl'));
  const cables = Array.from({ length: SLOTS }, () => new Cable());
  const slots = new Map(cables.map((cable, index) => [`slot${index}`, cable]));
  const transport = memoryTransport(slots);
  const plan = await buildPlan(parseProfile('{name: x, caUrl: "https://ca.example.com"}', 'p'), {}, () =>
    Promise.reject(new Error('there is no secret')),
  );
  const passes: ProvisionResult[] = [];
  const station = new Station(
    {
      run: ({ port }, options) =>
        provisionDevice(
          port,
          plan,
          {
            registry,
            connect: async (address, { signal, baud }) => {
              const link = await transport.open(address, { baud: 115_200, timeoutMs: 500, signal });
              try {
                return await connectBoard(link, { signal, baud });
              } catch (error) {
                await link.close();
                throw error;
              }
            },
          },
          options,
        ),
      onEvent: (event) => {
        if (event.type === 'ended' && event.result.ok) passes.push(event.result);
      },
    },
    { retryPauseMs: 5, stopAfter: { onSlot: 0, onStation: 0 } },
  );
  const random = randomFrom(7);
  const tell = (type: 'arrived' | 'departed', index: number): void =>
    station.portChanged({
      type,
      place: `1-${index}`,
      port: { path: `virtual://slot${index}`, isNativeUsb: false },
    });
  const boards = Array.from({ length: 12 }, (_, index) =>
    createVirtualBoard({ mac: `a4:cf:12:00:00:${index.toString(16).padStart(2, '0')}` }),
  );
  try {
    for (let move = 0; move < MOVES; move++) {
      const index = Math.floor(random() * SLOTS);
      const cable = cables[index];
      if (cable === undefined) continue;
      if (cable.board !== undefined) {
        cable.pull();
        tell('departed', index);
      }
      const free = boards.filter((board) => cables.every((other) => other.board !== board));
      const board = free[Math.floor(random() * free.length)];
      if (random() < 0.8 && board !== undefined) {
        cable.board = board;
        tell('arrived', index);
      }
      await sleep(random() * 60);
    }
    const stuck = (): boolean =>
      [...station.slots.values()].some(({ state }) => state === 'running' || state === 'waiting');
    for (let left = 4000; stuck(); left--) {
      if (left === 0) throw new Error('a slot is stuck');
      await sleep(10);
    }
    expect(passes.length).toBeGreaterThan(5);
    for (const board of boards) {
      const known = await registry.find({ mac: board.mac });
      const flashed = keyOn(board);
      // Whatever key is on a chip, the registry has it; and who passed holds what the registry says.
      if (flashed !== undefined) expect(await registry.reveal(board.mac, 'test')).toBe(flashed);
      if (passes.some(({ mac }) => mac === board.mac))
        expect([known?.status, flashed]).toEqual(['provisioned', expect.any(String)]);
    }
  } finally {
    await station.stop();
    for (const board of boards) board.dispose();
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
