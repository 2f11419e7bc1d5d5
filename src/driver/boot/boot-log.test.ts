// Boot logs: real texts of the ROM, the bootloader and ESP-IDF, split anywhere, and logs that mean to deceive.
import { utf8ToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { parseLinePattern } from '../../core/line-pattern.js';
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
    log.push(new Uint8Array(1_000_000).fill(0x7a));
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

  it('takes whole colour codes out before it matches and masks', () => {
    const ansi = [
      '\u001b[0;32mI (29) boot: ESP-IDF v5.2 2nd stage bootloader\u001b[0m',
      '\u001b[0;32mI (300) app: SELFTEST OK\u001b[0m',
      '\u001b]0;title\u0007\u001b[1;31m\u001b[KREADY\u001b[0m',
    ].join('\r\n');
    expect(judge({ success: { pattern: /^READY$/ } }, ansi)).toEqual({ passed: true, line: 'READY' });
    const key = '3fa9c07be5121d84f6027b9ae8c4d1f5';
    const log = new BootLog({ success: 'got-ip', secrets: [key] });
    log.push(utf8ToBytes(`psk \u001b[1m${key.slice(0, 16)}\u001b[0m${key.slice(16)}\n`));
    expect(log.lines).toEqual(['psk ********']);
  });

  it('masks before it cuts, and over several lines', () => {
    const key = '3fa9c07be5121d84f6027b9ae8c4d1f5';
    const log = new BootLog({ success: 'got-ip', secrets: [key] });
    log.push(utf8ToBytes(`${'- '.repeat(250)}${key.slice(0, 30)}\nI (7) app: ${key.slice(30)}\n`));
    expect(log.lines[0]).toHaveLength(508);
    expect(log.lines.join()).not.toContain('3fa9');
    for (let at = 0; at < 32; at += 4) log.push(utf8ToBytes(`I (8) app: part ${key.slice(at, at + 4)}\n`));
    expect(log.lines.join()).not.toContain('d1f5');
  });

  it("knows ROM's and loader's words from an application's", () => {
    const words = [
      'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)',
      'I (900) dht: checksum failed, retry',
      'waiting for download of config',
      'I (1200) ota: waiting for download of config',
      'E (1210) http: secure boot verification failed on the other side',
      'W (1220) diag: last reset: Guru Meditation Error, abort() was called',
      'W (1230) diag: Brownout detector was triggered 3 times',
      'invalid header in the answer',
      'I (1240) app_init: ELF file SHA256:  71ea2c1dd0d4f1b6...',
      'panic mode of the heating is off',
      'I (1300) wifi: got ip:192.168.1.4',
    ].join('\r\n');
    expect(judge({ success: 'got-ip' }, words)?.passed).toBe(true);
  });

  it.each([
    'assert failed: spi_flash_init app_main.c:41 (ret == ESP_OK)',
    'assertion "head != NULL" failed: file "multi_heap.c", line 205, function: multi_heap_free',
    'I (12) app: half a lineassert failed: xQueueGenericSend queue.c:832 (pxQueue)',
    'abort() was called at PC 0x4011e8d3 on core 1',
    'Stack smashing protect failure!',
    '***ERROR*** A stack overflow in task main has been detected.',
    'CORRUPT HEAP: Bad head at 0x3ffbdc18. Expected 0xabba1234 got 0x3ffbdd1c',
    "Guru Meditation Error: Core  1 panic'ed (Interrupt wdt timeout on CPU1).",
    "Guru Meditation Error: Core  0 panic'ed (Load access fault). Exception was unhandled.",
    'E (10303) task_wdt: Task watchdog got triggered. The following tasks did not reset the watchdog in time:',
    'E BOD: Brownout detector was triggered',
    'ESP_ERROR_CHECK failed: esp_err_t 0x1105 (ESP_ERR_NVS_NO_FREE_PAGES) at 0x400d2f5c',
    'flash read err, 1000',
    'csum err:0x99!=0x5f',
    'ets_main.c 371 ',
    'secure boot check fail',
    'Secure boot verification failed',
    'E (67) secure_boot_v2: Secure boot V2 verification failed.',
    'E (55) esp_image: Checksum failed. Calculated 0xb6 read 0x14',
    'E (55) esp_image: Image hash failed - image is corrupt',
    'E (79) boot: Failed to verify partition table',
    'E (76) boot_comm: mismatch chip ID, expected 0, found 5',
    'rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))',
    '[00:00:00.330,000] <err> os: >>> ZEPHYR FATAL ERROR 0: CPU exception on CPU 0',
    'E: Unable to find bootable image',
    '====================== PANIC ======================',
    "thread 'main' panicked at src/main.rs:2:5:",
    "thread 'main' (1) panicked at src/main.rs:2:5:",
    'panic: runtime error: index out of range',
    '[CPU0] _assert: Assertion failed : at file: chip/esp32_start.c:42 task: Idle_Task',
    'You are in safe mode because:',
    'Core  0 register dump:',
    'ELF file SHA256:  71ea2c1dd0d4f1b6',
    '[ERROR] panicked at src/bin/main.rs:70:9:',
    'core 0 PC 0x4200975a panic: integer overflow',
    '[12:00:01][E][safe_mode:042]: Boot loop detected. Proceeding',
  ])('ends at what firmware of any kind prints when it dies: %s', (line) => {
    expect(judge({ success: 'got-ip' }, START, `\r\n${line}\r\n`, 'got ip: 10.0.0.2\r\n')).toMatchObject({
      passed: false,
    });
  });

  it('ends a loop of restarts also where the console shows no ROM', () => {
    expect(judge({ success: 'got-ip' }, 'Hello\r\n\r\nRebooting...\r\n'.repeat(3))).toMatchObject({
      passed: false,
    });
    const brownout = 'rst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\n';
    expect(judge({ success: 'got-ip' }, brownout)).toBeUndefined();
    expect(judge({ success: 'got-ip' }, brownout.repeat(2))).toMatchObject({
      reason: 'the supply voltage fell too low',
    });
  });

  it('gives the last trouble as the reason when nothing better comes, and forgets it when it does', () => {
    const blank = 'E (58) esp_image: image at 0x110000 has invalid magic byte (nothing flashed here?)\r\n';
    expect(judge({ success: 'got-ip' }, blank)).toMatchObject({ passed: false, line: blank.trim() });
    expect(judge({ success: 'application' }, blank, START)?.passed).toBe(true);
    const traceback = 'Traceback (most recent call last):\r\n  File "main.py", line 3\r\n';
    expect(judge({ success: 'got-ip' }, traceback)).toMatchObject({ passed: false });
  });

  it.each([
    'I (1300) wifi: got ip:192.168.1.4',
    'I (2089) esp_netif_handlers: example_netif_sta ip: 192.168.77.89, mask: 255.255.255.0, gw: 192.168.77.1',
    'I (2100) example_common: Got IPv4 event: Interface "example_netif_sta" address: 192.168.1.20',
    'IP address: 192.168.1.7',
    'WiFi connected to AP lab, IP: 10.1.2.3',
    '[C][wifi:600]:   IP Address: 192.168.1.5',
    '00:00:05.123 HTP: Web server active on tasmota-1234 with IP address 192.168.1.7',
    '[00:00:06.010,000] <inf> net_dhcpv4: Received: 192.168.1.5',
    "network config: ('192.168.4.2', '255.255.255.0', '192.168.4.1', '8.8.8.8')",
    'INFO - Got IP: 192.168.1.33/24',
  ])('takes an address for one: %s', (line) => {
    expect(judge({ success: 'got-ip' }, `${line}\n`)?.passed).toBe(true);
  });

  it.each([
    'W (9000) app: never got ip',
    'E (9000) app: never got ip 192.168.1.4, giving up',
    'I (100) app: waiting for got ip',
    'got ip',
    'I (700) esp_netif_handlers: sta ip: 0.0.0.0, mask: 0.0.0.0, gw: 0.0.0.0',
    'I (700) esp_netif_lwip: DHCP server started on interface WIFI_AP_DEF with IP: 192.168.4.1'.replace(
      'with IP',
      'AP IP',
    ),
    'AP IP address: 192.168.4.1',
    'I (12) wifi: ap ip: 192.168.4.1',
    'gateway IP: 192.168.1.1',
    'I (3000) app: lost ip 192.168.1.4',
    'sta ip: 169.254.3.4',
  ])('does not take for an address: %s', (line) => {
    expect(judge({ success: 'got-ip' }, `${line}\n`)).toBeUndefined();
  });

  const ROM = [
    'ets Jul 29 2019 12:21:46',
    'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)',
    'configsip: 0, SPIWP:0xee',
    'mode:DIO, clock div:1',
    'load:0x3fff0030,len:1184',
    'ho 0 tail 12 room 4',
    'entry 0x400805e4',
  ].join('\r\n');

  it.each([
    ['ESP-IDF 4.4', 'I (312) cpu_start: Starting scheduler on PRO CPU.'],
    ['ESP-IDF 5.0', 'I (0) app_start: Starting scheduler on CPU0'],
    ['ESP-IDF 5.4', 'I (284) main_task: Calling app_main()'],
    ['Arduino', `${ROM}\r\nHello from setup()`],
    ['ESP-IDF without a log of its own', `${ROM}\r\nI (420) hello: hi`],
    ['MicroPython', 'MicroPython v1.22.1 on 2024-01-05; Generic ESP32 module with ESP32'],
    ['ESPHome', '[I][app:029]: Running through setup()...'],
    ['Tasmota', '00:00:00.124-000 Project tasmota - Tasmota Version 13.3.0(tasmota32)-2_0_14'],
    ['Zephyr', '*** Booting Zephyr OS build v3.5.0 ***'],
    ['Rust', `${ROM}\r\nI (271) boot: Disabling RNG early entropy source...\r\nINFO - Hello world!`],
  ])('knows a started application: %s', (_, text) => {
    expect(judge({ success: 'application' }, `${text}\r\n`)?.passed).toBe(true);
  });

  it.each([
    ['the ROM', ROM],
    [
      'the bootloader',
      `${ROM}\r\nI (29) boot: ESP-IDF v4.4 2nd stage bootloader\r\nI (312) cpu_start: Pro cpu up.`,
    ],
    ['MCUboot', `${ROM}\r\n[esp32] [INF] *** Booting MCUboot build v1.7.0 ***`],
    ['noise', `${ROM}\r\n\u0001\ufffd\u0002ab\ufffd`],
  ])('does not take for an application: %s', (_, text) => {
    expect(judge({ success: 'application' }, `${text}\r\n`)).toBeUndefined();
  });

  it('reads UTF-8 in log and pattern, however it is split', () => {
    const bytes = utf8ToBytes('Gestartet — bereit\r\nГотово\r\n');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const log = new BootLog({ success: { pattern: parseLinePattern('Готово') } });
      log.push(bytes.subarray(0, cut));
      expect(log.push(bytes.subarray(cut))).toEqual({ passed: true, line: 'Готово' });
      expect(log.lines[0]).toBe('Gestartet — bereit');
    }
  });

  it('says that a log at another baud rate is unreadable, and fails no firmware by it', () => {
    const log = new BootLog({ success: { pattern: /./ }, failure: [/[^a]/] });
    const noise = Uint8Array.from(
      { length: 300 },
      (_, at) => [0x00, 0xe0, 0x1c, 0xfc, 0x80, 0x98, 0x66, 0x0a][(at * 7) % 8] ?? 0,
    );
    expect(log.push(noise)).toBeUndefined();
    expect(log.finish()).toBeUndefined();
    expect(log.isUnreadable).toBe(true);
    const readable = new BootLog({ success: 'got-ip' });
    readable.push(utf8ToBytes(`\0\0\ufffd${START}\r\nГотово — bereit\r\n`));
    readable.finish();
    expect(readable.isUnreadable).toBe(false);
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
