// SIGKILL at every stage: the next run ends with a pass, and flash never holds a key that the registry does not have.
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeNvs } from '../../src/core/nvs/index.js';
import { STAGES, type Stage } from '../../src/core/stages.js';
import { openRegistry } from '../../src/registry/index.js';
import { createVirtualBoard, serveRfc2217, type VirtualBoard } from '../../src/virtual/index.js';
import { espmint, resultsOf, scratchDir } from '../support/cli.js';
import { keepServerRunning } from '../support/embedded-server.js';

const scratch = scratchDir('kill');
const dataDir = join(scratch.path, 'data');

afterAll(() => scratch.remove());
keepServerRunning(dataDir);

/** The key that the board holds in its NVS region, if any. */
function keyIn(board: VirtualBoard): string | undefined {
  const found = decodeNvs(board.flash.read(0x9000, 0x10000)).values.find(({ key }) => key === 'psk_secret');
  return found?.type === 'string' ? found.value : undefined;
}

/** What the registry has as the key of this MAC. */
async function keyOf(mac: string): Promise<string> {
  const registry = await openRegistry({ dataDir });
  try {
    return await registry.reveal(mac, 'test');
  } finally {
    await registry.close();
  }
}

const provision = (port: string): string[] => {
  const board = ['--port', port, '--ca-url', 'https://ca.example.com'];
  return ['provision', ...board, '--data-dir', dataDir];
};

/** Kills the run as soon as it reports that state of that stage. */
async function killAt(port: string, stage: Stage, state: string): Promise<void> {
  const run = await espmint([...provision(port), '--json'], {
    onLine: (line, child) => {
      const event = JSON.parse(line) as { type: string; stage?: string; state?: string };
      if (event.type === 'stage' && event.stage === stage && event.state === state) child.kill('SIGKILL');
    },
  });
  expect(resultsOf(run).some(({ ok }) => ok) && stage !== 'confirm').toBe(false);
}

describe('a run that is killed', () => {
  // The end of a stage is the start of the next; the last one has none. Without boot rules nothing waits for a boot.
  const stages = STAGES.filter((stage) => stage !== 'boot' && stage !== 'join');
  const moments = [...stages.map((stage) => [stage, 'started'] as const), ['confirm', 'done'] as const];

  it.each(moments)(
    'when %s has %s leaves a device that the next run provisions with a known key',
    async (stage, state) => {
      const index = moments.findIndex(([s, t]) => s === stage && t === state);
      const mac = `a4:cf:12:35:00:${index.toString(16).padStart(2, '0')}`;
      const board = createVirtualBoard({ chip: 'esp32', mac, partitionTable: 'stock' });
      const bench = await serveRfc2217(board, { host: '127.0.0.1', port: 0 });
      try {
        await killAt(bench.url, stage, state);
        const flashed = keyIn(board);
        if (flashed !== undefined) expect(await keyOf(mac)).toBe(flashed);

        const again = await espmint([...provision(bench.url), '--json']);
        expect(resultsOf(again)).toMatchObject([{ ok: true, mac }]);
        const final = keyIn(board);
        expect(final).toBe(await keyOf(mac));
        if (flashed !== undefined) expect(final).toBe(flashed);
      } finally {
        await bench.close();
        board.dispose();
      }
    },
  );
});
