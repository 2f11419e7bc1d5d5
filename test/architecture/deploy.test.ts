// What deploy/ carries is taken by the tools that read it, and runs commands that espmint has.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../support/reference-tools.js';
import { refusalOf, shellWords } from '../support/parse-only.js';

const read = (file: string): string => readFileSync(join(ROOT, 'deploy', file), 'utf8');
const has = (tool: string): boolean => spawnSync(tool, ['--version']).error === undefined;
const unit = read('systemd/espmint.service');

/** `espmint serve --port 1` without its first word. @returns what the program says against it */
const refused = (words: readonly string[]): Promise<string | undefined> => {
  expect(words[0]).toBe('espmint');
  return refusalOf(words.slice(1));
};

describe('the systemd unit', () => {
  it('starts a command that espmint has', async () => {
    const [, command = ''] = /^ExecStart=(espmint .*)$/m.exec(unit) ?? [];
    expect(await refused(shellWords(command))).toBeUndefined();
  });

  it.runIf(has('systemd-analyze'))('is understood by systemd, which finds it little exposed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'espmint-unit-'));
    try {
      const file = join(folder, 'espmint.service');
      writeFileSync(file, unit.replace('ExecStart=espmint', 'ExecStart=true'));
      const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
      expect([verified.status, verified.stderr]).toEqual([0, '']);
      const args = ['security', '--offline=true', '--threshold=25', '--no-pager', file];
      expect(spawnSync('systemd-analyze', args).status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the container', () => {
  it('starts commands that espmint has, as a user without rights, with a health check', async () => {
    const file = read('docker/Dockerfile');
    const [, command = '[]'] = /^CMD (\[.*\])$/m.exec(file) ?? [];
    expect(await refused(JSON.parse(command) as string[])).toBeUndefined();
    expect(file).toMatch(/^USER 10001$/m);
    expect(file).toMatch(/^HEALTHCHECK /m);
  });

  it('has a compose file with PostgreSQL 18, whose commands espmint has', async () => {
    const text = read('docker/compose.yaml');
    const { services, networks } = parse(text) as {
      services: Record<'db' | 'espmint' | 'proxy', { image?: string; command?: string[] }>;
      networks: { default: { ipam: { config: { subnet: string }[] } } };
    };
    // Limits and audit trail know people by their own addresses, not by that of the proxy.
    const [{ subnet } = { subnet: '' }] = networks.default.ipam.config;
    expect(services.espmint.command).toContain(subnet);
    expect(services.db.image).toMatch(/^postgres:18/);
    const command = services.espmint.command?.map((word) => word.replace(/\$\{\w+:\?[^}]*\}/, 'localhost'));
    expect(await refused(command ?? [])).toBeUndefined();
    const [, add = ''] = /run --rm espmint (espmint users add .*)$/m.exec(text) ?? [];
    expect(await refused(shellWords(add))).toBeUndefined();
  });
});

describe('the udev rules', () => {
  it('are pairs of keys and values, and name the USB vendors whose boards espmint knows', () => {
    const lines = read('udev/70-espmint.rules')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const pair = /^[A-Z]+(\{\w+\})?(==|!=|=|\+=)"[^"]*"$/;
    for (const line of lines) expect(line.split(', ').filter((part) => !pair.test(part))).toEqual([]);
    for (const vendor of ['303a', '10c4', '1a86', '0403']) expect(lines.join('\n')).toContain(`"${vendor}"`);
  });
});
