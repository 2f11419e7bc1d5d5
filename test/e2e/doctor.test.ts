// `espmint doctor --deep`: what it finds on a board, and the report that goes with it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { espmint, scratchDir, startVirtualProcess, type VirtualBench } from '../support/cli.js';

const MAC = 'a4:cf:12:34:56:78';
const scratch = scratchDir('doctor');
let bench: VirtualBench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});
afterAll(() => scratch.remove());

it('tests a board at its port and leaves a report that does not tell which device it was', async () => {
  bench = await startVirtualProcess(['--mac', MAC, '--pty']);
  const file = join(scratch.path, 'report.json');
  const run = await espmint(['doctor', '--deep', '--port', ...bench.urls, '--report', file, '--json']);
  expect(run.code, run.stdout + run.stderr).toBe(0);
  const checks = run.records.map(({ name, state }) => `${String(name)}: ${String(state)}`);
  expect(checks).toEqual(expect.arrayContaining(['921600 baud: ok', 'chip: ok', 'report: note']));
  const text = readFileSync(file, 'utf8');
  expect(JSON.parse(text)).toMatchObject({ ok: true, link: 'device path', chip: { chip: 'esp32' } });
  expect(text.toLowerCase()).not.toContain(MAC);
  expect(text).not.toContain(bench.urls[0] ?? '-');
}, 60_000);

it('says that --deep needs a port', async () => {
  const run = await espmint(['doctor', '--deep']);
  expect(run.code).toBe(2);
  expect(run.stderr).toContain('give --deep --port ADDRESS');
});
