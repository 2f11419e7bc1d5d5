// A board is exchanged for a clone with its MAC: by commands, from the refusal to the decision.
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/index.js';
import { resultsOf, scratchDir, type CliRun, type VirtualBench } from '../support/cli.js';
import { runInProcess, startVirtual } from '../support/cli-in-process.js';

const MAC = 'a4:cf:12:34:5b:01';
const CHIP = '00112233445566778899aabbccddeeff';
const CLONE = 'ff112233445566778899aabbccddeeff';
const scratch = scratchDir('clone');
const dataDir = join(scratch.path, 'data');
const REGISTRY = ['--data-dir', dataDir];

let bench: VirtualBench | undefined;
/** Held open, so that not every command starts the database anew. */
let registry: Registry;
beforeAll(async () => {
  registry = await openRegistry({ dataDir });
});
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});
afterAll(async () => {
  await registry.close();
  scratch.remove();
});

/** Plugs the board of that chip id in, provisions it, and takes it out again. */
async function provision(uniqueId: string, ...more: readonly string[]): Promise<CliRun> {
  const board = ['--chip', 'esp32c3', '--mac', MAC, '--unique-id', uniqueId];
  bench = await startVirtual([...board, '--listen', 'rfc2217://127.0.0.1:0']);
  const [port = ''] = bench.urls;
  const run = await runInProcess([
    'provision',
    '--port',
    port,
    '--ca-url',
    'https://ca.example.com',
    ...REGISTRY,
    ...more,
  ]);
  await bench.close();
  bench = undefined;
  return run;
}

const devices = (...args: readonly string[]): Promise<CliRun> =>
  runInProcess(['devices', ...args, ...REGISTRY]);

it('is refused, shown with both histories, and taken in when somebody decides so', async () => {
  const first = await provision(CHIP, '--json');
  expect(resultsOf(first)).toMatchObject([{ ok: true, mac: MAC }]);

  const shown = await provision(CLONE);
  expect(shown.code).toBe(5);
  expect(shown.stdout).toContain('CLONE_SUSPECTED');
  expect(shown.stdout).toMatch(
    new RegExp(`registered +${MAC} .*${CHIP}\\n.*provisioned .*last attempt passed`),
  );
  expect(shown.stdout).toMatch(new RegExp(`refused +${MAC} .*${CLONE}\\n`));

  const [refused] = resultsOf(await provision(CLONE, '--known', 'rotate', '--json'));
  expect(refused).toMatchObject({
    ok: false,
    code: 'CLONE_SUSPECTED',
    conflict: { times: 2, registered: { hardwareId: CHIP }, refused: { hardwareId: CLONE } },
  });
  const id = String(refused?.ok === false && refused.conflict?.id);

  expect((await devices('conflicts', '--json')).records).toMatchObject([{ id: Number(id), state: 'open' }]);
  const decided = await devices('resolve', id, '--decision', 'replace', '--reason', 'module exchanged');
  expect(decided.stdout).toBe(`conflict ${id}: replaced\n`);

  expect(resultsOf(await provision(CLONE, '--json'))).toMatchObject([{ ok: true, mac: MAC }]);
  expect(resultsOf(await provision(CHIP, '--json'))).toMatchObject([{ ok: false, code: 'CLONE_SUSPECTED' }]);
  expect((await devices('show', MAC)).stdout).toMatch(/key .*current[^]*key .*superseded/);
});
