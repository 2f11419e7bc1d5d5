// `--backend esptool`: the same commands, with the user's own esptool in front of the board.
import { dirname, delimiter, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { espmint, resultsOf, scratchDir, startVirtualProcess, type VirtualBench } from '../support/cli.js';
import { toolAvailable, PYTHON } from '../support/reference-tools.js';

const MAC = 'a4:cf:12:34:56:78';
const scratch = scratchDir('backend');
const env = { PATH: `${dirname(PYTHON)}${delimiter}${process.env['PATH'] ?? ''}` };
const BACKEND = ['--backend', 'esptool'];

let bench: VirtualBench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});
afterAll(() => scratch.remove());

describe.runIf(toolAvailable('esptool', PYTHON))('--backend esptool', () => {
  it('provisions a board that the built-in driver then reads', async () => {
    bench = await startVirtualProcess(['--mac', MAC, '--pty']);
    const port = ['--port', ...bench.urls];
    const keys = ['--registry', 'none', '--keys-to', join(scratch.path, 'keys.jsonl')];
    const ca = ['--ca-url', 'https://ca.example.com:8443'];
    const run = await espmint(['provision', ...port, ...ca, ...keys, ...BACKEND, '--json'], { env });
    expect(resultsOf(run), run.stderr).toMatchObject([{ ok: true, mac: MAC }]);
    const looked = await espmint(['inspect', ...port, '--json']);
    expect(looked.stdout).toContain('global_uuid');
  });

  it('shows what a board says of itself', async () => {
    bench = await startVirtualProcess(['--mac', MAC, '--pty']);
    const run = await espmint(['inspect', '--port', ...bench.urls, ...BACKEND, '--json'], { env });
    expect(run.records, run.stderr).toMatchObject([{ type: 'board', chip: 'esp32', mac: MAC }]);
  });
});

it('that is not installed is named, with what to do', async () => {
  bench = await startVirtualProcess(['--mac', MAC, '--pty']);
  const run = await espmint(['inspect', '--port', ...bench.urls, ...BACKEND], {
    env: { PATH: scratch.path },
  });
  expect(run.stderr).toContain('ESPTOOL_MISSING');
  expect(run.code).toBe(2);
});
