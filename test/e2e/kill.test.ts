// SIGKILL at every stage: the next run ends with a pass, and flash never holds a key that the registry does not have.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeNvs } from '../../src/core/nvs/index.js';
import { STAGES, type Stage } from '../../src/core/stages.js';
import { espmint, resultsOf, scratchDir, startVirtual } from '../support/cli.js';

const scratch = scratchDir('kill');
const REGISTRY = ['--data-dir', join(scratch.path, 'data')];
afterAll(() => scratch.remove());

/** The key that the flash file holds in its NVS region, if any. */
function keyInFlash(file: string): string | undefined {
  const region = readFileSync(file).subarray(0x9000, 0x19000);
  const found = decodeNvs(region).values.find(({ key }) => key === 'psk_secret');
  return found?.type === 'string' ? found.value : undefined;
}

/** Kills the run as soon as it reports that state of that stage. */
async function killAt(port: string, stage: Stage, state: string): Promise<void> {
  const args = ['provision', '--port', port, '--ca-url', 'https://ca.example.com', ...REGISTRY, '--json'];
  const run = await espmint(args, {
    onLine: (line, child) => {
      const event = JSON.parse(line) as { type: string; stage?: string; state?: string };
      if (event.type === 'stage' && event.stage === stage && event.state === state) child.kill('SIGKILL');
    },
  });
  expect(resultsOf(run).some(({ ok }) => ok) && stage !== 'confirm').toBe(false);
}

describe('a run that is killed', () => {
  // The end of a stage is the start of the next; the last one has none. Without boot rules nothing waits for a boot.
  const stages = STAGES.filter((stage) => stage !== 'boot');
  const moments = [...stages.map((stage) => [stage, 'started'] as const), ['confirm', 'done'] as const];

  it.each(moments)(
    'when %s has %s leaves a device that the next run provisions with a known key',
    async (stage, state) => {
      const index = moments.findIndex(([s, t]) => s === stage && t === state);
      const mac = `a4:cf:12:35:00:${index.toString(16).padStart(2, '0')}`;
      const flash = join(scratch.path, `${stage}-${state}.bin`);
      const bench = await startVirtual(['--mac', mac, '--flash', flash, '--listen', 'rfc2217://127.0.0.1:0']);
      try {
        const port = bench.urls[0] ?? '';
        const reveal = async (): Promise<string> =>
          (await espmint(['devices', 'reveal', mac, '--reason', 'test', ...REGISTRY])).stdout.trim();
        await killAt(port, stage, state);
        const flashed = keyInFlash(flash);
        if (flashed !== undefined) expect(await reveal()).toBe(flashed);

        const again = await espmint([
          'provision',
          '--port',
          port,
          '--ca-url',
          'https://ca.example.com',
          ...REGISTRY,
          '--json',
        ]);
        expect(resultsOf(again)).toMatchObject([{ ok: true, mac }]);
        const final = keyInFlash(flash);
        expect(final).toBe(await reveal());
        if (flashed !== undefined) expect(final).toBe(flashed);
      } finally {
        await bench.close();
      }
    },
  );
});
