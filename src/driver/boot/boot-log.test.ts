// Boot logs: real texts of the ROM, the bootloader and ESP-IDF, split anywhere, and logs that mean to deceive.
import { utf8ToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn } from '../../../test/support/plug-in.js';
import type { VirtualBoard } from '../../virtual/index.js';
import { connectBoard } from '../board.js';
import { BootLog, type BootRules, type BootVerdict } from './boot-log.js';
import { watchBoot, type BootReport } from './watch-boot.js';

const START = [
  'ets Jul 29 2019 12:21:46',
  '',
  'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)',
  'I (29) boot: ESP-IDF v5.4 2nd stage bootloader',
  '\u001b[0;32mI (312) main_task: Calling app_main()\u001b[0m',
].join('\r\n');

const judge = (rules: BootRules, ...parts: readonly string[]): BootVerdict | undefined => {
  const log = new BootLog(rules);
  for (const part of parts) log.push(utf8ToBytes(part));
  return log.finish();
};

describe('a boot log', () => {
  it.each([
    ['banner', START, 'SPI_FAST_FLASH_BOOT'],
    ['application', START, 'Calling app_main()'],
    [
      'got-ip',
      `${START}\r\nI (1931) esp_netif_handlers: sta ip: 192.168.4.2, mask: 255.255.255.0\r\n`,
      'sta ip',
    ],
  ] as const)('passes at the first sign of success: %s', (success, text, sign) => {
    const verdict = judge({ success }, text);
    expect(verdict?.passed).toBe(true);
    expect(verdict?.line).toContain(sign);
  });

  it("passes at the application's own line", () => {
    expect(judge({ success: { pattern: /^ready: \d+$/ } }, START, '\nready: 17\n')).toEqual({
      passed: true,
      line: 'ready: 17',
    });
  });

  it('gives no verdict while neither has come', () => {
    expect(judge({ success: 'got-ip' }, START)).toBeUndefined();
  });

  it.each([
    ["Guru Meditation Error: Core  0 panic'ed (LoadProhibited)", 'panicked'],
    ['abort() was called at PC 0x400d1234 on core 0', 'aborted'],
    ['Brownout detector was triggered', 'supply'],
    ['invalid header: 0xffffffff', 'no firmware'],
    ['E (42) boot: No bootable app partitions in the partition table', 'no application'],
    ['waiting for download', 'loader'],
  ])('fails at: %s', (line, reason) => {
    const verdict = judge({ success: 'got-ip' }, START, `\r\n${line}\r\n`, 'got ip\r\n');
    expect(verdict).toMatchObject({ passed: false, line });
    expect(verdict?.passed === false && verdict.reason).toContain(reason);
  });

  it('fails at a line that the profile forbids', () => {
    const rules: BootRules = { success: 'got-ip', failure: [/sensor .* missing/g] };
    expect(judge(rules, 'sensor 3 missing\n')).toMatchObject({ passed: false });
  });

  it('fails when the board restarts again and again', () => {
    const restart = 'rst:0x8 (TG1WDT_SYS_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n';
    expect(judge({ success: 'got-ip' }, restart.repeat(3))).toBeUndefined();
    const verdict = judge({ success: 'got-ip' }, restart.repeat(4));
    expect(verdict).toMatchObject({
      passed: false,
      reason: 'it restarts again and again (TG1WDT_SYS_RESET)',
    });
  });

  it('judges the same however the log is split', () => {
    const bytes = utf8ToBytes(`${START}\r\ngot ip:10.0.0.2\r\n`);
    const whole = new BootLog({ success: 'got-ip' });
    whole.push(bytes);
    fc.assert(
      fc.property(fc.nat(bytes.length), (cut) => {
        const log = new BootLog({ success: 'got-ip' });
        log.push(bytes.subarray(0, cut));
        expect(log.push(bytes.subarray(cut)) ?? log.finish()).toEqual(whole.finish());
        expect(log.lines).toEqual(whole.lines);
      }),
    );
  });

  it('keeps the last lines, without secrets, control characters or endless lines', () => {
    const log = new BootLog({ success: 'got-ip', secrets: ['s3cret', ''] });
    for (let line = 0; line < 100; line++) log.push(utf8ToBytes(`line ${line} s3cret\u0007\n`));
    log.push(new Uint8Array(1_000_000).fill(0x41));
    log.finish();
    expect(log.lines).toHaveLength(40);
    expect(log.lines.join()).not.toContain('s3cret');
    expect(log.lines[0]).toBe('line 61 ********');
    expect(log.lines.at(-1)).toHaveLength(512);
  });

  it('masks what has the form of a key, though nobody told it the key', () => {
    const key = '00112233445566778899aabbccddeeff';
    const uuid = '110e3dc9-fa05-568f-a05a-98d00891029d';
    const log = new BootLog({ success: 'got-ip', failure: [/psk/] });
    const verdict = log.push(utf8ToBytes(`id ${uuid} psk=${key}\n`));
    expect(verdict).toMatchObject({ passed: false, line: `id ${uuid} psk=********` });
    expect(log.lines.join()).not.toContain(key);
  });

  it('survives any bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void new BootLog({ success: 'banner' }).push(bytes)));
  });
});

describe('watching a board boot', () => {
  let virtual: VirtualBoard | undefined;
  afterEach(() => virtual?.dispose());

  async function bootInto(
    application: 'stock' | 'panic' | 'silent' | 'nvs-leaky',
    timeoutMs = 3_000,
  ): Promise<BootReport> {
    const plugged = await plugIn({ application });
    virtual = plugged.virtual;
    const board = await connectBoard(plugged.link);
    await board.reset();
    return board.watchBoot({ success: 'got-ip', timeoutMs });
  }

  it('reports the line that proved it', async () => {
    expect((await bootInto('stock')).line).toContain('ip');
  });

  it('ends a panic at once, and a silent board at the deadline', async () => {
    await expect(bootInto('panic')).rejects.toMatchObject({ code: 'BOOT_FAILED' });
    await expect(bootInto('silent', 300)).rejects.toMatchObject({ code: 'BOOT_TIMEOUT' });
  });

  it('ends with the signal', async () => {
    const plugged = await plugIn({ application: 'silent' });
    virtual = plugged.virtual;
    const signal = AbortSignal.timeout(50);
    await expect(
      watchBoot(plugged.link, { success: 'got-ip', timeoutMs: 5_000, signal }),
    ).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});
