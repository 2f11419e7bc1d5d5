// Private files of Windows, with a program in the place of icacls that keeps what it was told and says what a test wants.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  isPrivate,
  makePrivateDir,
  openPrivateForAppend,
  replaceFile,
  tellWhatIsNotPrivate,
} from './index.js';

const { platform } = process;
let windows = '';
let warnings: string[] = [];
const at = (name: string): string => join(windows, name);

/** `list`: what it prints of a file whose rights are asked for. */
function fakeIcacls(list: string, setExitCode = 0): void {
  mkdirSync(at('System32'));
  writeFileSync(at('list'), list);
  const script = `#!/bin/sh\nprintf '%s\\n' "$*" >> '${at('told')}'\n[ $# = 1 ] && exec cat '${at('list')}'\nexit ${setExitCode}\n`;
  writeFileSync(at('System32/icacls.exe'), script);
  chmodSync(at('System32/icacls.exe'), 0o755);
}

const told = (): string[] => readFileSync(at('told'), 'utf8').trimEnd().split('\n');
const MINE = `x HOST\\me:(F)\r\n  NT-AUTORITÄT\\SYSTEM:(F)\r\n\r\nSuccessfully processed 1 files; Failed processing 0 files\r\n`;

describe.skipIf(platform === 'win32')('on Windows', () => {
  const before = { SystemRoot: process.env['SystemRoot'], USERDOMAIN: process.env['USERDOMAIN'] };
  beforeEach(() => {
    windows = mkdtempSync(join(tmpdir(), 'espmint-windows-'));
    warnings = [];
    tellWhatIsNotPrivate((warning) => warnings.push(warning));
    Object.defineProperty(process, 'platform', { value: 'win32' });
    Object.assign(process.env, { SystemRoot: windows, USERDOMAIN: 'FACTORY' });
  });
  afterEach(() => {
    Object.defineProperty(process, 'platform', { value: platform });
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    tellWhatIsNotPrivate(undefined);
    rmSync(windows, { recursive: true });
  });

  it('a new folder is taken from all but this user and the system, and what is made in it inherits that', async () => {
    fakeIcacls(MINE.replaceAll('(F)', '(OI)(CI)(F)'));
    await makePrivateDir(at('data/spool'));
    await makePrivateDir(at('data/other'));
    expect(told()).toEqual([
      `${at('data')} /inheritance:r /grant:r FACTORY\\${userInfo().username}:(OI)(CI)F *S-1-5-18:(OI)(CI)F`,
      at('data'),
    ]);
    expect(warnings).toEqual([]);
    expect(isPrivate(at('data/spool/keys'))).toBe(true);
  });

  it('a new file for keys is made private before there is a key in it, and not again', async () => {
    fakeIcacls(MINE);
    await (await openPrivateForAppend(at('keys'))).close();
    writeFileSync(at('keys'), 'a key');
    await (await openPrivateForAppend(at('keys'))).close();
    expect(told()).toHaveLength(2);
    expect(warnings).toEqual([]);
  });

  it('a file that the user names and that holds secrets is private under its draft name already', async () => {
    fakeIcacls(MINE);
    await replaceFile(at('backup'), 'sealed', { mode: 0o600 });
    await replaceFile(at('list.csv'), 'no secret');
    expect(told()).toHaveLength(2);
    expect(told()[0]).toMatch(/\.backup\.\S+\.tmp \/inheritance:r/);
    expect(readFileSync(at('backup'), 'utf8')).toBe('sealed');
  });

  it.each([
    [
      'others keep rights',
      () => fakeIcacls(`${MINE}  BUILTIN\\Users:(RX)\r\n`),
      'icacls lists rights of others',
    ],
    ['it still inherits', () => fakeIcacls('x HOST\\me:(I)(F)\r\n'), 'icacls lists rights of others'],
    ['nothing is listed', () => fakeIcacls(''), 'icacls lists no rights of it'],
    ['the disk knows no rights', () => fakeIcacls(MINE, 5), 'icacls ended with 5'],
    ['there is no icacls', () => undefined, 'icacls does not run: '],
  ])(
    'where %s, the file is written, nothing is claimed, and one sentence warns',
    async (_, prepare, reason) => {
      prepare();
      await replaceFile(at('backup'), 'sealed', { mode: 0o600 });
      expect(existsSync(at('backup'))).toBe(true);
      expect(isPrivate(at('backup'))).toBe(false);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain(`The file ${at('backup')} could not be made private (${reason}`);
    },
  );
});
