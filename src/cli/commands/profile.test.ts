// `espmint profile check` on secrets that a profile refers to: what is missing is named, and the command that it names stores it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInProcess } from '../../../test/support/cli-in-process.js';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "espmint-it's-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function profileWith(reference: string): string {
  const file = join(folder, 'product.yaml');
  writeFileSync(file, `name: lamp\nwifi:\n  ssid: Lab\n  password: ${reference}\n`);
  return file;
}

/** What stands in the finding's backticks. */
const adviceIn = (text: string): string => /store it with `(.*)`/.exec(text)?.[1] ?? '';

describe.skipIf(process.platform === 'win32')('profile check and secrets', () => {
  it('names a secret file that is not there, its place, and a command that stores it', async () => {
    const file = profileWith('file:wifi password.txt');
    const before = await runInProcess(['profile', 'check', file]);
    expect(before.code).toBe(2);
    expect(before.stdout).toContain(`${file}:4:3: wifi.password refers to a secret`);
    expect(before.stdout).toContain('file:wifi password.txt (FILE_UNREADABLE: ');
    execFileSync('bash', ['-c', adviceIn(before.stdout)], { input: 'a good password\n' });
    expect(statSync(join(folder, 'wifi password.txt')).mode & 0o077).toBe(0);
    const after = await runInProcess(['profile', 'check', file]);
    expect([after.code, after.stdout]).toEqual([0, `${file}: lamp, version 1: ok\n`]);
  });

  it('names a variable that is not set, and a command that sets it', async () => {
    const file = profileWith('env:ESPMINT_TEST_NOT_SET');
    const run = await runInProcess(['profile', 'check', file, '--json']);
    expect(run.code).toBe(2);
    const [finding, result] = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(finding).toMatchObject({ type: 'finding', line: 4, column: 3, path: 'wifi.password' });
    expect(result).toMatchObject({ type: 'result', ok: false });
    const script = `${adviceIn(run.stdout)} && printenv ESPMINT_TEST_NOT_SET`;
    expect(execFileSync('bash', ['-c', script], { input: 'a good password\n', encoding: 'utf8' })).toBe(
      'a good password\n',
    );
  });

  it('says that a secret file is empty, not that it is missing', async () => {
    const file = profileWith('file:empty.txt');
    writeFileSync(join(folder, 'empty.txt'), '');
    expect((await runInProcess(['profile', 'check', file])).stdout).toContain(
      'is empty where a secret should be',
    );
  });
});
