// Parts for tests of the service: a key file as registry, virtual boards in memory, nothing of the real machine.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectBoard, openLink } from '../../src/driver/index.js';
import { openKeyFile, type Registry } from '../../src/registry/index.js';
import { createVirtualBoard, memoryTransport, type VirtualBoard } from '../../src/virtual/index.js';
import { createLog } from '../../src/service/log.js';
import type { ServiceParts, VirtualBoards } from '../../src/service/parts.js';

export interface TestBench {
  readonly dataDir: string;
  readonly registry: Registry;
  readonly parts: ServiceParts;
  readonly logged: string[];
  /** By the number of their port. */
  readonly boards: ReadonlyMap<string, VirtualBoard>;
  dispose(): Promise<void>;
}

const LINK_TIMEOUT_MS = 5_000;

/** @param count virtual boards, `virtual://1` and on. */
export async function createBench(count = 0): Promise<TestBench> {
  const dataDir = await mkdtemp(join(tmpdir(), 'espmint-service-'));
  const registry = await openKeyFile(join(dataDir, 'keys.jsonl'));
  const boards = new Map<string, VirtualBoard>();
  const transport = memoryTransport(boards);
  const virtualBoards = memoryBoards(boards);
  const logged: string[] = [];
  if (count > 0) await virtualBoards.add({ count });
  const parts: ServiceParts = {
    registry,
    connect: async (port, options) => {
      const link = await transport.open(port, {
        baud: 115_200,
        timeoutMs: LINK_TIMEOUT_MS,
        signal: options.signal,
      });
      return connectBoard(link, options);
    },
    openBoard: (port, signal) => transport.open(port, { baud: 115_200, timeoutMs: LINK_TIMEOUT_MS, signal }),
    openPrinter: (address) => openLink(address),
    listPorts: () => Promise.resolve([]),
    virtualBoards,
    probeRegistry: () => Promise.resolve(),
    env: { ESPMINT_WIFI_PASSWORD: 'correct horse battery' },
    log: createLog('debug', (line) => logged.push(line)),
  };
  return {
    dataDir,
    registry,
    parts,
    logged,
    boards,
    dispose: async () => {
      for (const board of boards.values()) board.dispose();
      await registry.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function memoryBoards(boards: Map<string, VirtualBoard>): VirtualBoards {
  const describe = (name: string, { chip, mac }: VirtualBoard) => ({
    port: `virtual://${name}`,
    chip,
    mac,
    plugged: true,
  });
  return {
    list: () => [...boards].map(([name, board]) => describe(name, board)),
    add: ({ count }) =>
      Array.from({ length: count }, () => {
        const name = String(boards.size + 1);
        const mac = `a4:cf:12:00:00:${boards.size.toString(16).padStart(2, '0')}`;
        const board = createVirtualBoard({ mac });
        boards.set(name, board);
        return describe(name, board);
      }),
    remove: (ports) => {
      for (const name of [...boards.keys()]) {
        if (ports?.includes(`virtual://${name}`) === false) continue;
        boards.get(name)?.dispose();
        boards.delete(name);
      }
    },
    pressWps: () => false,
    plug: (port) => {
      const name = port.slice('virtual://'.length);
      const board = boards.get(name);
      if (board === undefined) throw new Error(`no board ${name}`);
      return describe(name, board);
    },
  };
}
