// Other programs get no secret of ours, and load no code that lies about.
import { describe, expect, it } from 'vitest';
import { commandEnvironment, isolatedPython, toolEnvironment } from './child-environment.js';

const ENV = {
  PATH: '/usr/bin:.::bin:/opt/x',
  HOME: '/home/a',
  ESPMINT_MASTER_KEY: 'k',
  PGPASSWORD: 'p',
  WIFI_PASSWORD: 'w',
  PYTHONPATH: '/tmp',
  NODE_OPTIONS: '--import /tmp/x.mjs',
  VAULT_TOKEN: 'v',
  LC_ALL: 'C',
  MISSING: undefined,
};

describe('the environment of another program', () => {
  it('is what a tool needs, with absolute folders to search', () => {
    expect(toolEnvironment(ENV)).toEqual({ PATH: '/usr/bin:/opt/x', HOME: '/home/a', LC_ALL: 'C' });
  });
  it("of the user's own command lacks our keys and the database's", () => {
    const names = Object.keys(commandEnvironment(ENV));
    expect(names).toContain('VAULT_TOKEN');
    expect(names).not.toContain('ESPMINT_MASTER_KEY');
    expect(names).not.toContain('PGPASSWORD');
  });
});

describe('Python', () => {
  it.each([
    [
      ['python3', '-m', 'esptool'],
      ['python3', '-I', '-m', 'esptool'],
    ],
    [
      ['/venv/bin/python3.12', '-m', 'x'],
      ['/venv/bin/python3.12', '-I', '-m', 'x'],
    ],
    [
      ['C:\\Python\\python.exe', '-m', 'x'],
      ['C:\\Python\\python.exe', '-I', '-m', 'x'],
    ],
    [
      ['python', '-I', '-m', 'x'],
      ['python', '-I', '-m', 'x'],
    ],
    [
      ['esptool', 'version'],
      ['esptool', 'version'],
    ],
  ])('%j is run as %j', (given, run) => expect(isolatedPython(given)).toEqual(run));
});
