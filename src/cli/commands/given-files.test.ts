// Files that people give: a name that stands twice is refused with file and line, whoever reads the file.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runInProcess } from '../../../test/support/cli-in-process.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-given-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ['virtual --wifi', 'x.json', '{"networks":\n[{"ssid":"a","ssid":"b"}]}', 'x.json:2 has "ssid" twice'],
  ['virtual --faults', 'x.json', '{"seed":1,\n"seed":2,"faults":[]}', 'x.json:2 has "seed" twice'],
  ['firmware add', 'x.json', '{"flash_files":{},\n"flash_files":{}}', 'x.json:2 has "flash_files" twice'],
  [
    'wifi console --port x --ssid a --open --steps',
    'x.yaml',
    'steps: []\nsteps: []',
    'x.yaml:2 has "steps" twice',
  ],
  ['profile check', 'x.yaml', 'name: a\nname: b', 'x.yaml:2:1: name is there twice'],
])('%s', async (words, name, text, refusal) => {
  const file = join(folder, name);
  writeFileSync(file, text);
  const { code, stdout, stderr } = await runInProcess([...words.split(' '), file, '--data-dir', folder]);
  expect(stdout + stderr).toContain(refusal);
  expect(code).toBe(2);
});
