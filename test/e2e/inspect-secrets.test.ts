// `inspect` of a board of another product: its secrets lie under names that the station's profile does not know.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { espmint, scratchDir, type CliRun } from '../support/cli.js';
import { runInProcess, startVirtual } from '../support/cli-in-process.js';
import { keepServerRunning } from '../support/embedded-server.js';

const PSK = '3fa9c07be5121d84f6027b9ae8c4d1f5';
const PASSWORD = 'canary-wifi-7d41';
const scratch = scratchDir('inspect-secrets');
const dataDir = join(scratch.path, 'data');
const REGISTRY = ['--data-dir', dataDir];
const runs: Record<'provision' | 'text' | 'json' | 'refused' | 'revealed' | 'audit', CliRun | undefined> = {
  provision: undefined,
  text: undefined,
  json: undefined,
  refused: undefined,
  revealed: undefined,
  audit: undefined,
};

afterAll(() => scratch.remove());
keepServerRunning(dataDir);
beforeAll(async () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(scratch.path, name), text);
    return join(scratch.path, name);
  };
  const profile = file(
    'other.yaml',
    `name: other\ncaUrl: https://ca.example.com\nwifi: { ssid: Lab, password: 'env:PW' }\nnvs: { namespace: dev, keys: { uuid: a, psk: b, caUrl: c, ssid: d, password: e } }\n`,
  );
  const bench = await startVirtual(['--mac', 'a4:cf:12:36:01:00', '--listen', 'rfc2217://127.0.0.1:0'], 1);
  try {
    const port = ['--port', bench.urls[0] ?? ''];
    const key = ['--psk-file', file('psk', PSK)];
    runs.provision = await espmint(['provision', ...port, '--profile', profile, ...key, ...REGISTRY], {
      env: { PW: PASSWORD },
    });
    runs.text = await espmint(['inspect', ...port, ...REGISTRY]);
    // Any board may be of a product whose profile cannot be read.
    const damaged = join(dataDir, 'service/profiles/pump-0123456789ab');
    mkdirSync(damaged, { recursive: true, mode: 0o700 });
    writeFileSync(join(damaged, '3.json'), '{');
    runs.json = await runInProcess(['inspect', ...port, '--json', ...REGISTRY]);
    rmSync(damaged, { recursive: true });
    runs.refused = await runInProcess(['inspect', ...port, '--reveal', ...REGISTRY]);
    runs.revealed = await espmint(['inspect', ...port, '--reveal', '--reason', 'a test', ...REGISTRY]);
    runs.audit = await runInProcess(['devices', 'show', 'a4:cf:12:36:01:00', '--json', ...REGISTRY]);
  } finally {
    await bench.close();
  }
}, 240_000);

describe('inspect', () => {
  it('shows no secret of a board whose names nobody knows', () => {
    expect(runs.provision).toMatchObject({ code: 0 });
    for (const run of [runs.text, runs.json]) {
      expect(run).toMatchObject({ code: 0 });
      expect(run?.stdout).toContain('dev');
      expect(run?.stdout).not.toContain(PSK);
      expect(run?.stdout).not.toContain(PASSWORD);
    }
  });

  it('names a damaged profile, and shows no text of the board meanwhile', () => {
    expect(runs.text?.stdout).toContain('https://ca.example.com');
    expect(runs.json?.stderr).toMatch(/Version 3 of the product "pump".*delete it.*\[PROFILE_UNREADABLE\]/);
    expect(runs.json?.stdout).not.toContain('https://ca.example.com');
  });

  it('shows them to whoever gives a reason, and records it', () => {
    expect(runs.refused?.code).toBe(2);
    expect(runs.refused?.stdout).not.toContain(PASSWORD);
    expect(runs.revealed?.stdout).toContain(PSK);
    expect(runs.revealed?.stdout).toContain(PASSWORD);
    expect(runs.audit?.stdout).toContain('a test');
    expect(readFileSync(join(scratch.path, 'psk'), 'utf8')).toBe(PSK);
  });
});
