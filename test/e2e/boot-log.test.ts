// What a board printed before its boot check failed: with the result, in the registry, on the command line, masked.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { espmint, resultsOf, scratchDir, type CliRun } from '../support/cli.js';
import { runInProcess, startVirtual } from '../support/cli-in-process.js';
import { keepServerRunning } from '../support/embedded-server.js';

const PSK = '3fa9c07be5121d84f6027b9ae8c4d1f5';
const PASSWORD = 'canary-wifi-7d41';
const scratch = scratchDir('boot-log');
const dataDir = join(scratch.path, 'data');
const REGISTRY = ['--data-dir', dataDir];
let provision: CliRun | undefined;
let text: CliRun | undefined;
let json: CliRun | undefined;

afterAll(() => scratch.remove());
keepServerRunning(dataDir);
beforeAll(async () => {
  const file = (name: string, content: string): string => {
    writeFileSync(join(scratch.path, name), content);
    return join(scratch.path, name);
  };
  const profile = file(
    'p.yaml',
    `name: p\ncaUrl: https://ca.example.com\nwifi: { ssid: Lab, password: 'env:PW' }\nboot: { success: { pattern: '^never printed$' }, failure: ['app: started'] }\npolicy: { attempts: 1 }\n`,
  );
  const board = ['--mac', 'a4:cf:12:36:03:00', '--application', 'nvs-leaky'];
  const bench = await startVirtual([...board, '--listen', 'rfc2217://127.0.0.1:0'], 1);
  try {
    const args = ['--port', bench.urls[0] ?? '', '--profile', profile, '--psk-file', file('psk', PSK)];
    provision = await espmint(['provision', ...args, '--json', '--debug', ...REGISTRY], {
      env: { PW: PASSWORD },
    });
    text = await runInProcess(['devices', 'show', 'a4:cf:12:36:03:00', ...REGISTRY]);
    json = await runInProcess(['devices', 'show', 'a4:cf:12:36:03:00', '--json', ...REGISTRY]);
  } finally {
    await bench.close();
  }
}, 240_000);

describe('the log of a failed boot check', () => {
  it('comes with the result', () => {
    const [result] = provision === undefined ? [] : resultsOf(provision);
    expect(result).toMatchObject({ ok: false, code: 'BOOT_FAILED' });
    expect(result?.ok === false && result.log?.join('\n')).toContain('Calling app_main()');
  });

  it('is kept with the attempt, where the message says', () => {
    expect(text?.stdout).toContain('Calling app_main()');
    expect(text?.stdout).toContain('zc/psk_secret = ********');
    const [record] = json?.records ?? [];
    expect(record).toMatchObject({ attempts: [{ code: 'BOOT_FAILED', log: expect.any(Array) as unknown }] });
  });

  it('shows no secret anywhere', () => {
    for (const run of [provision, text, json]) {
      const shown = `${run?.stdout}${run?.stderr}`;
      expect(shown).not.toContain(PSK);
      expect(shown).not.toContain(PASSWORD);
    }
  });
});
