// WPS: PINs with their checksum digit, the access point's command, and the window that it opens.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scriptedLink } from '../../../test/support/scripted-link.js';
import { plugIn } from '../../../test/support/plug-in.js';
import { parseWpsPin, randomWpsPin, wpsCheckDigit } from '../../core/wps-pin.js';
import type { VirtualBoard } from '../../virtual/index.js';
import { runHook, runWpsWindow } from './window.js';

describe('a WPS PIN', () => {
  it('has the checksum digit of the specification', () => {
    expect(wpsCheckDigit('1234567')).toBe(0);
    expect(parseWpsPin('1234-5670')).toBe('12345670');
  });
  it.each(['12345671', '1234567', 'abcdefgh', '00000000', ''])('is refused: %s', (pin) => {
    expect(() => parseWpsPin(pin)).toThrow(/WPS PIN/);
  });
  it('is random, valid, and never 00000000', () => {
    const pins = Array.from({ length: 2_000 }, randomWpsPin);
    for (const pin of pins) expect(parseWpsPin(pin)).toBe(pin);
    expect(new Set(pins).size).toBeGreaterThan(1_990);
  });
});

describe('a WPS window', () => {
  let virtual: VirtualBoard | undefined;
  let folder = '';
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'espmint-wps-'))));
  afterEach(async () => {
    virtual?.dispose();
    await rm(folder, { recursive: true });
  });

  async function waitingBoard(pin: string | undefined): Promise<Awaited<ReturnType<typeof plugIn>>['link']> {
    const plugged = await plugIn({ application: 'wifi' });
    virtual = plugged.virtual;
    virtual.radio.wps = pin ?? 'button';
    return plugged.link;
  }

  it('ends with the address of a board that joined', async () => {
    const link = await waitingBoard('12345670');
    const waiting = runWpsWindow(link, { pin: '12345670', windowMs: 5_000 });
    setTimeout(() => virtual?.radio.pressWps('12345670', { ssid: 'Lab', password: 'lab-password' }), 50);
    expect(await waiting).toMatchObject({ joined: true, address: '192.168.77.130', ssid: 'Lab' });
  });

  it('ends with a failed exchange, and with its time, and closes the window at the access point', async () => {
    const cancelled = join(folder, 'cancelled');
    const hook = { start: ['true'], cancel: ['touch', cancelled] };
    const link = await waitingBoard('12345670');
    const wrong = runWpsWindow(link, { pin: '12345670', windowMs: 5_000, hook });
    setTimeout(() => virtual?.radio.pressWps('00000017', { ssid: 'Lab', password: '' }), 50);
    await expect(wrong).rejects.toThrow(
      /could not join the network \(WPS: the access point ended the exchange, as it does when the PIN is another\)/,
    );
    expect(await readFile(cancelled, 'utf8')).toBe('');
    const warnings: string[] = [];
    const late = runWpsWindow(link, {
      windowMs: 100,
      hook: { start: ['true'], cancel: ['sh', '-c', 'echo FAIL'] },
      onWarning: ({ code, message }) => warnings.push(`${code} ${message}`),
    });
    await expect(late).rejects.toMatchObject({ code: 'WPS_WINDOW_OVER' });
    expect(warnings).toEqual([
      expect.stringMatching(/^WPS_WINDOW_OPEN .*was not closed \(FAIL\); close it there/),
    ]);
  });

  it.each([
    [
      'I (61000) wps_example: WIFI_EVENT_STA_WPS_ER_FAILED',
      undefined,
      /\(WPS: the access point ended the exchange\)/,
    ],
    [
      'I (61000) wps_example: WIFI_EVENT_STA_WPS_ER_TIMEOUT',
      '12345670',
      /no access point whose window was open/,
    ],
    [
      'E (61000) wps_example: WIFI_EVENT_STA_WPS_ER_PBC_OVERLAP',
      undefined,
      /another device was in the button window/,
    ],
    ['WPS Failed, retrying', '12345670', /as it does when the PIN is another/],
    ['WPS Timedout, retrying', undefined, /no access point whose window was open/],
  ])('tells in words why firmware did not join: %s', async (line, pin, message) => {
    const link = scriptedLink(() => []);
    link.say(`${line}\r\n`);
    await expect(runWpsWindow(link, { pin, windowMs: 5_000 })).rejects.toThrow(message);
  });

  it('is closed at the access point also when it is cancelled', async () => {
    const cancelled = join(folder, 'cancelled');
    const link = await waitingBoard(undefined);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    const waiting = runWpsWindow(link, {
      signal: stop.signal,
      hook: { start: ['true'], cancel: ['touch', cancelled] },
    });
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await readFile(cancelled, 'utf8')).toBe('');
  });

  it("gives the access point's command the PIN, without a shell, and believes its FAIL", async () => {
    const script = join(folder, 'ap.sh');
    // hostapd_cli too prints a prompt before what it says to a command that it was given so.
    const answer = 'read -r verb pin; echo "$1;$pin"; [ "$pin" = 12345670 ] || echo "> FAIL"';
    await writeFile(script, answer, { mode: 0o700 });
    const input = 'wps_pin {{pin}}';
    const command = ['sh', script, 'a; b'];
    expect(await runHook(command, { pin: '12345670', input }, undefined)).toBe('a; b;********');
    const refused = runHook(['sh', script, '$(id)'], { pin: '99999995', input }, undefined);
    await expect(refused).rejects.toMatchObject({ code: 'WPS_HOOK_FAILED', details: { reason: 'FAIL' } });
    await expect(refused).rejects.not.toThrow(/99999995/);
    await expect(runHook(['/no/such/program'], {}, undefined)).rejects.toThrow(/no such program/);
    await expect(runHook(['true'], { input }, undefined)).rejects.toThrow(/asks for a PIN/);
    // What reads nothing from its standard input is not waited for.
    expect(await runHook(['true'], { pin: '12345670', input: 'x'.repeat(200_000) }, undefined)).toBe('');
  });

  it('puts no PIN among the arguments of a program, where other users read it', async () => {
    const refused = runHook(['true', 'pin={{pin}}'], { pin: '12345670' }, undefined);
    await expect(refused).rejects.toThrow(/other users of this computer can read/);
  });
});
