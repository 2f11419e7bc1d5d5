// What people give and cannot be taken: one sentence with what, where and what next, before anything is done.
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

it.each([
  [
    ['profile', 'check', '-'],
    'The file - cannot be read (it does not exist); to read standard input, give /dev/stdin',
  ],
  [['virtual', '--ledger', '/none/l'], 'The file /none/l cannot be written (its folder does not exist)'],
  [['virtual', '--flash', '/'], 'The flash file / cannot be used: it is a folder'],
  [['virtual', '--wifi', '/dev/null'], 'null:1 is not accepted: it must be a group of settings'],
  [['virtual', '--security', 'secure-download'], 'esp32 has no such mode; take --chip esp32c3'],
  [['nvs', 'inspect', '/dev/null'], 'The file /dev/null has 0 bytes, and one page of NVS has 4096'],
  [['tokens', 'create', ' '], '<label> is empty or too long; say in up to 100 characters'],
  [['wifi', 'label-text', '--name', ''], '--name is empty'],
  [
    ['values', 'matter', '--vendor-id', '0xFFFFF', '--product-id', '1', '--out', 'x'],
    '--vendor-id is "0xFFFFF"; give a number of 16 bits',
  ],
])('%j', async (words, refusal) => {
  const { code, stdout, stderr } = await runInProcess([...words, '--data-dir', folder]);
  expect(stderr).toMatch(/^espmint: [^\n]*\[[A-Z_]+\]\n$/);
  expect(stderr).toContain(refusal);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});
