// esptool's output of versions 4 and 5, as printed: facts, MACs of both kinds, progress, and failures.
import { describe, expect, it } from 'vitest';
import {
  diagnose,
  parseFacts,
  parseMacLines,
  parseProgress,
  parseSecurity,
  parseVersion,
  parseWord,
} from './output.js';

const V5_ESP32 = `esptool v5.6.0
Serial port /dev/ttyUSB0:
Connecting....
Detecting chip type... ESP32
Connected to ESP32 on /dev/ttyUSB0:
Chip type:          ESP32-D0WD-V3 (revision v3.1)
Features:           Wi-Fi, BT, Dual Core + LP Core, Coding Scheme None
Crystal frequency:  40MHz
MAC:                a4:cf:12:34:56:78

Flash Memory Information:
=========================
Manufacturer: ef
Device: 4016
Detected flash size: 4MB
`;
const V5_ESP32C6 = V5_ESP32.replaceAll('ESP32-D0WD-V3', 'ESP32-C6 (QFN40)')
  .replaceAll(' ESP32\n', ' ESP32-C6\n')
  .replace('Connected to ESP32', 'Connected to ESP32-C6')
  .replace(
    'MAC:                a4:cf:12:34:56:78',
    'MAC:                a4:cf:12:ff:fe:34:56:78\nBASE MAC:           a4:cf:12:34:56:78\nMAC_EXT:            ff:fe',
  );
const V4_ESP32 = `esptool.py v4.8.1
Serial port /dev/ttyUSB0
Connecting....
Detecting chip type... Unsupported detection protocol, switching and trying again...
Detecting chip type... ESP32
Chip is ESP32-D0WD-V3 (revision v3.1)
Features: WiFi, BT, Dual Core, 240MHz, VRef calibration in efuse, Coding Scheme None
Crystal is 40MHz
MAC: a4:cf:12:34:56:78
Uploading stub...
Manufacturer: ef
Device: 4016
Detected flash size: 4MB
`;

describe('what esptool says of a board', () => {
  it.each([
    ['5.x', V5_ESP32],
    ['4.x', V4_ESP32],
  ])('is read from version %s', (_, output) => {
    expect(parseFacts(output)).toEqual({
      chip: 'esp32',
      description: 'ESP32-D0WD-V3',
      revision: 'v3.1',
      mac: 'a4:cf:12:34:56:78',
      crystalMhz: 40,
      flashSizeBytes: 0x40_0000,
    });
  });

  it('has the base MAC where the line called MAC is an EUI-64', () => {
    expect(parseFacts(V5_ESP32C6)).toMatchObject({ chip: 'esp32c6', mac: 'a4:cf:12:34:56:78' });
    expect(parseMacLines('MAC: 60:55:f9:ff:fe:f7:2c:a2\n')).toBe('60:55:f9:f7:2c:a2');
  });

  it('is nothing without chip or MAC', () => {
    expect(parseFacts('')).toBeUndefined();
    expect(parseFacts(V5_ESP32.replace(/^MAC.*$/m, ''))).toBeUndefined();
  });

  it('names chips that we do not know', () => {
    const output = V5_ESP32.replaceAll('ESP32-D0WD-V3', 'ESP32-H21').replaceAll(
      /ESP32(?= on|\n)/g,
      'ESP32-H21',
    );
    expect(parseFacts(output)).toMatchObject({ chip: 'esp32h21' });
  });
});

describe('other output', () => {
  it('has a version', () => {
    expect(parseVersion('esptool v5.6.0\n5.6.0\n')).toMatchObject({ major: 5, minor: 6 });
    expect(parseVersion('esptool.py v4.8.1\n4.8.1\n')).toMatchObject({ major: 4, minor: 8 });
    expect(parseVersion('command not found')).toBeUndefined();
  });

  it('has progress in both forms', () => {
    expect(parseProgress('Writing at 0x0000d000 ━━━╸      25.0% 16.00kB/64.00kB [0s]')).toBe(25);
    expect(parseProgress('Writing at 0x00009000... (6 %)')).toBe(6);
    expect(parseProgress('Hash of data verified.')).toBeUndefined();
  });

  it('has the security state, and words of memory', () => {
    expect(parseSecurity('Secure Boot: Enabled\nFlash Encryption: Disabled\n')).toEqual({
      flashEncryption: false,
      secureBoot: true,
      secureDownload: false,
    });
    expect(parseWord('0x3ff5a000 = 0x00100000\n')).toBe(0x10_0000);
    expect(parseWord('')).toBeUndefined();
  });

  it.each([
    ['This chip is ESP32, not ESP32-S3. Wrong chip argument?', 'CHIP_UNEXPECTED'],
    ['This chip is ESP32, not ESP32-S3. Wrong --chip argument?', 'CHIP_UNEXPECTED'],
    [
      "Could not open /dev/ttyUSB0, the port is busy or doesn't exist. No such file or directory",
      'PORT_NOT_FOUND',
    ],
    ["Could not open /dev/ttyUSB0, the port is busy or doesn't exist.", 'PORT_BUSY'],
    [
      "[Errno 13] could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0'",
      'PORT_FORBIDDEN',
    ],
    ['Failed to connect to ESP32: No serial data received.', 'CHIP_NO_ANSWER'],
    ['A fatal error occurred: Verification failed.', 'ESPTOOL_FAILED'],
  ])('has the failure in: %s', (output, code) => {
    expect(diagnose(output, '/dev/ttyUSB0', 'flash-id').code).toBe(code);
  });

  it('says a failure shortly, and without a secret, whatever the tool prints', () => {
    const key = '3fa9c07be5121d84f6027b9ae8c4d1f5';
    const long = 'A fatal error occurred: ' + `psk ${key} `.repeat(3_000);
    for (const output of [long, `${'x'.repeat(2_030)} ${key}${'y'.repeat(100_000)}`, 'z'.repeat(100_000)]) {
      const { message } = diagnose(output, '/dev/ttyUSB0', 'flash-id');
      expect(message.length).toBeLessThan(600);
      expect(message).not.toContain(key.slice(0, 8));
    }
    const chip = `This chip is ${'E'.repeat(50_000)}, not ESP32. Wrong chip argument?`;
    expect(diagnose(chip, '/dev/ttyUSB0', 'flash-id').message.length).toBeLessThan(600);
  });
});
