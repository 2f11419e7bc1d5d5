// The flow of one board in a test: the real driver to a virtual board in memory, and a key file for a registry.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach } from 'vitest';
import { EspmintError } from '../../src/core/errors/index.js';
import { decodeNvs } from '../../src/core/nvs/index.js';
import { parseProfile } from '../../src/core/profile/parse.js';
import type { ProvisionEvent, ProvisionResult, Stage } from '../../src/core/stages.js';
import { connectBoard } from '../../src/driver/index.js';
import {
  provisionDevice,
  type Admit,
  type ProvisionParts,
  type ProvisionPlan,
} from '../../src/provision/index.js';
import { openKeyFile, type Registry } from '../../src/registry/index.js';
import {
  createVirtualBoard,
  memoryTransport,
  type BoardOptions,
  type VirtualBoard,
} from '../../src/virtual/index.js';

export const PORT = 'virtual://board';
export const MAC = 'a4:cf:12:34:56:78';
/** Where the virtual board's own partition table has its NVS. */
export const NVS = { offsetBytes: 0x9000, sizeBytes: 0x10000 } as const;
/** One attempt: what fails is seen as it is. */
export const PLAN: ProvisionPlan = {
  target: { force: false },
  identity: { recipe: 'rfc9562' },
  layout: parseProfile('name: x', 'p').nvs,
  caUrl: 'https://ca.example.com:8443',
  known: 'keep',
  attempts: 1,
  baud: 921_600,
  given: {},
};

export interface Flow {
  /** A new one for each test. */
  readonly registry: Registry;
  /** A board for this test. */
  plug(options?: BoardOptions): VirtualBoard;
  run(board: VirtualBoard, how?: RunOptions): Promise<FlowRun>;
}

interface RunOptions {
  readonly plan?: ProvisionPlan;
  /** Instead of the flow's own registry. */
  readonly of?: Registry;
  readonly admit?: Admit;
  readonly airOf?: ProvisionParts['airOf'];
  /** Beside the events of the answer: as they come. */
  readonly onEvent?: (event: ProvisionEvent) => void;
}

export type FlowRun = ProvisionResult & { readonly events: readonly ProvisionEvent[] };

/** Registers its own hooks: to be called once in a file. */
export function useFlow(): Flow {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-flow-'));
  const boards: VirtualBoard[] = [];
  const registries: Registry[] = [];
  let files = 0;
  const current = (): Registry => {
    const registry = registries.at(-1);
    if (registry === undefined) throw new Error('The registry is opened before each test');
    return registry;
  };
  beforeEach(async () => {
    registries.push(await openKeyFile(join(folder, `keys-${++files}.jsonl`)));
  });
  afterEach(async () => {
    for (const board of boards.splice(0)) board.dispose();
    for (const registry of registries.splice(0)) await registry.close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    get registry() {
      return current();
    },
    plug: (options = {}) => {
      const board = createVirtualBoard({ mac: MAC, ...options });
      boards.push(board);
      return board;
    },
    run: async (board, { plan = PLAN, of = current(), admit, airOf, onEvent: tell } = {}) => {
      const events: ProvisionEvent[] = [];
      const parts = { connect: connectTo(board), registry: of, admit, airOf };
      const onEvent = (event: ProvisionEvent): void => {
        events.push(event);
        tell?.(event);
      };
      return { ...(await provisionDevice(PORT, plan, parts, { onEvent })), events };
    },
  };
}

/** The whole connect of one attempt, through the memory of this process. */
export function connectTo(board: VirtualBoard): ProvisionParts['connect'] {
  const transport = memoryTransport(new Map([['board', board]]));
  return async (port, { signal, expectChip, baud, trustMac }) => {
    const link = await transport.open(port, { baud: 115_200, timeoutMs: 1000, signal });
    return connectBoard(link, { signal, expectChip, baud, trustMac });
  };
}

/** The real thing, but for the calls that are given: how a fault gets between two layers. */
export function withCalls<T extends object>(real: T, calls: Partial<T>): T {
  return new Proxy(real, {
    get: (target, name) => {
      const value: unknown = Reflect.get(calls, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** For calls of a registry after which nobody hears of the attempt any more. */
export const powerCut = (): Promise<never> =>
  Promise.reject(new EspmintError('INTERNAL', { reason: 'power cut' }));

/** The key that the board's NVS holds. */
export function pskOn(board: VirtualBoard): string | undefined {
  const { values } = decodeNvs(board.flash.read(NVS.offsetBytes, NVS.sizeBytes));
  return values.map(({ key, value }) => (key === 'psk_secret' ? String(value) : undefined)).find(Boolean);
}

/** Stages that were done, in their order. */
export function stagesOf(events: readonly ProvisionEvent[]): Stage[] {
  return events.flatMap((event) => (event.type === 'stage' && event.state === 'done' ? [event.stage] : []));
}
