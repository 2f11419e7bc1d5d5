// WPS with a real access point and a real station: hostapd and wpa_supplicant, joined by a cable instead of the air.
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { generatePsk } from '../../src/core/psk.js';
import { deviceWpsPin } from '../../src/core/wifi-device-secrets.js';
import { parseWpsPin, randomWpsPin } from '../../src/core/wps-pin.js';
import type { VirtualBoard } from '../../src/virtual/index.js';
import { runWpsWindow } from '../../src/wifi/index.js';
import { ROOT } from '../support/reference-tools.js';
import { plugIn } from '../support/plug-in.js';

/** Debian's packages hostapd and wpasupplicant, and the right to make a network of one's own. */
function canRun(): boolean {
  const missing = ['hostapd', 'wpa_supplicant', 'wpa_cli'].find((name) => !existsSync(`/usr/sbin/${name}`));
  const made = 'link add ap0 type veth peer name sta0'.split(' ');
  const tried = spawnSync('unshare', ['--net', 'ip', ...made]);
  if (missing === undefined && tried.status === 0) return true;
  const why =
    missing === undefined ? `no network namespace: ${String(tried.stderr).trim()}` : `no ${missing}`;
  console.warn(`SKIPPED: WPS with hostapd and wpa_supplicant (${why})`);
  return false;
}

const HOSTAPD_CLI = '/usr/sbin/hostapd_cli';
const LAB = { ssid: 'Lab', password: 'lab-password' };

describe.runIf(canRun())('WPS by hostapd and wpa_supplicant', () => {
  let folder = '';
  let air: ChildProcess;
  let heard = '';
  let board: VirtualBoard | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'espmint-wps-air-'));
    air = spawn('unshare', [
      '--net',
      'sh',
      join(ROOT, 'test/conformance/reference-tools/wps-air.sh'),
      folder,
    ]);
    const hear = (data: Buffer): void => void (heard += data.toString());
    air.stdout?.on('data', hear);
    air.stderr?.on('data', hear);
    await vi.waitUntil(() => heard.includes('AP-ENABLED'), { timeout: 20_000 });
  }, 30_000);
  afterAll(async () => {
    air.stdin?.end();
    await new Promise((resolve) => air.once('close', resolve));
    await rm(folder, { recursive: true });
  });
  afterEach(() => board?.dispose());

  const ap = (...command: string[]): string[] => [
    HOSTAPD_CLI,
    '-p',
    join(folder, 'ap'),
    '-i',
    'ap0',
    ...command,
  ];
  async function ask(...command: string[]): Promise<string> {
    const [program = '', ...args] = ap(...command);
    return (await promisify(execFile)(program, args)).stdout.trim();
  }

  /** A board whose radio is the station: what that one achieves, its firmware logs. */
  async function wait(pin: string | undefined, stationSays: string, windowMs = 20_000): Promise<unknown> {
    const plugged = await plugIn({ application: 'wifi' });
    board = plugged.virtual;
    const { radio } = board;
    radio.wps = pin ?? 'button';
    heard = '';
    const opened = join(folder, 'opened');
    const opens = pin === undefined ? ap('wps_pbc') : ap();
    const input = pin === undefined ? undefined : 'wps_pin any {{pin}} 120';
    const start = ['sh', '-c', `"$@" && touch ${opened}`, 'sh', ...opens];
    const hook = { start, input, cancel: ap('wps_cancel') };
    const waiting = runWpsWindow(plugged.link, { pin, windowMs, hook });
    const settled = waiting.catch(() => undefined);
    await vi.waitUntil(() => existsSync(opened), { timeout: 10_000 });
    await rm(opened);
    air.stdin?.write(`${stationSays}\n`);
    const radioEnd = vi
      .waitUntil(() => /sta0: WPS-(SUCCESS|FAIL)/.test(heard), { timeout: windowMs })
      .then(() => {
        const good = heard.includes('sta0: WPS-SUCCESS');
        radio.pressWps(good ? pin : 'another', LAB);
      });
    await Promise.race([settled, radioEnd]);
    return waiting;
  }

  it('a PIN that the hook gave to the access point brings the station into the network', async () => {
    const pin = deviceWpsPin(generatePsk());
    expect(await wait(pin, `pin=${pin}`)).toMatchObject({ joined: true, ssid: 'Lab' });
    expect(await ask('wps_get_status')).toContain('Last WPS result: Success');
  });

  it('the button does too', async () => {
    expect(await wait(undefined, 'pbc=1')).toMatchObject({ joined: true, ssid: 'Lab' });
  });

  it('another PIN does not, and the window is closed again', async () => {
    const refused = wait('12345670', 'pin=99999995');
    await expect(refused).rejects.toMatchObject({ code: 'WIFI_JOIN_FAILED' });
    expect(heard).toContain('sta0: WPS-FAIL');
    heard = '';
    // Nobody gets in by the first PIN afterwards.
    air.stdin?.write('pin=12345670\n');
    await expect.poll(() => heard, { timeout: 10_000 }).toContain('WPS-PIN-NEEDED');
    expect(heard).not.toContain('sta0: WPS-SUCCESS');
  });

  it('hostapd and espmint agree on checksum digits, and each takes the PINs of the other', async () => {
    for (const pin of [...Array.from({ length: 10 }, randomWpsPin), deviceWpsPin(generatePsk())]) {
      expect(await ask('wps_check_pin', pin)).toBe(pin);
      const wrong = pin.slice(0, 7) + String((Number(pin[7]) + 1) % 10);
      expect(await ask('wps_check_pin', wrong)).toBe('FAIL-CHECKSUM');
      expect(() => parseWpsPin(wrong)).toThrow(/checksum/);
    }
    for (let time = 0; time < 10; time++) {
      const theirs = await ask('wps_ap_pin', 'random');
      expect(parseWpsPin(theirs.padStart(8, '0'))).toBe(theirs.padStart(8, '0'));
    }
  });
});
