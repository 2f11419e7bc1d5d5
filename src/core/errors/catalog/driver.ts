// Errors of the link to the board, the loader and the chip.
import { hex } from '../../text.js';
import { EXIT, kind, input, link } from '../entry.js';

const board = kind({ exit: EXIT.board, http: 422, retryable: false });
const proof = kind({ exit: EXIT.proof, http: 424, retryable: true });

const HOLD_BOOT = 'hold the BOOT button, tap EN (or RESET), let BOOT go and try again';

export const DRIVER_ERRORS = {
  ADDRESS_INVALID: input<{ address: string; reason: string }>({
    problem: ({ address, reason }) => `"${address}" is no port: ${reason}`,
    next: () =>
      'give a device path, tcp://host:port or rfc2217://host:port (`espmint ports` lists what is plugged in)',
  }),
  PORT_NOT_FOUND: link<{ port: string }>({
    http: 404,
    problem: ({ port }) => `There is no port ${port}`,
    next: () => 'plug the board in, or pick one of the ports that `espmint ports` lists',
  }),
  PORT_BUSY: link<{ port: string; says?: string }>({
    problem: ({ port, says }) =>
      `${port} is in use by another program${says === undefined ? '' : ` (its server says "${says}")`}`,
    next: ({ port }) =>
      port.includes('://')
        ? 'end the other connection to that server, then retry'
        : 'close the serial monitor, or stop ModemManager or brltty if one of them took the adapter',
  }),
  PORT_FORBIDDEN: link<{ port: string; group: string }>({
    retryable: false,
    problem: ({ port }) => `You may not open ${port}`,
    next: ({ group }) =>
      group === ''
        ? 'ask for the right to use it'
        : `join the group that owns it (sudo usermod -aG ${group} $USER), then log out and in again`,
  }),
  PORT_UNREACHABLE: link<{ port: string; reason: string }>({
    problem: ({ port, reason }) => `${port} cannot be opened (${reason})`,
    next: () => 'check that the other side is there and that the address is right',
  }),
  RFC2217_REFUSED: link<{ port: string; reason: string }>({
    problem: ({ port, reason }) => `The serial server behind ${port} ${reason}`,
    next: () =>
      'check that it speaks RFC 2217 and allows remote control; plain streams are opened with tcp://',
  }),
  LINK_TIMEOUT: link<{ port: string; what: string; timeoutMs: number }>({
    problem: ({ port, what, timeoutMs }) =>
      `${port}: no answer to ${what} within ${Math.round(timeoutMs)} ms`,
    next: () => 'check the cable and the power of the board, then try again',
  }),
  LINK_DAMAGED: link<{ port: string; baud: number; reason: string }>({
    problem: ({ port, baud, reason }) =>
      `${port}: the link damages what it carries at ${baud} baud: ${reason}`,
    next: () => 'use a shorter cable, or a lower rate with --baud, and try again',
  }),
  LINK_CLOSED: link<{ port: string; reason: string }>({
    problem: ({ port, reason }) => `${port}: the connection went away (${reason})`,
    next: () => 'plug the board in again and retry',
  }),
  CHIP_NO_ANSWER: link<{ port: string; hasModemLines: boolean }>({
    problem: ({ port, hasModemLines }) =>
      `${port}: no ESP chip answers${hasModemLines ? '' : ' (this link cannot reset it)'}`,
    next: () => HOLD_BOOT,
  }),
  CHIP_NOT_IN_LOADER: link<{ port: string; bootMode: string }>({
    problem: ({ port, bootMode }) =>
      `${port}: the chip started, but not into its loader (boot mode ${bootMode})`,
    next: () => HOLD_BOOT,
  }),
  CHIP_UNKNOWN: board<{ port: string; magic: number; chipId: number | undefined }>({
    problem: ({ port, magic, chipId }) =>
      `${port}: a chip answers that espmint does not know (magic ${hex(magic)}, id ${chipId ?? 'none'})`,
    next: () => 'use --backend esptool for it, and report the two numbers',
  }),
  CHIP_NOT_SUPPORTED: board<{ port: string; chip: string }>({
    problem: ({ port, chip }) => `${port}: ${chip} is not supported yet`,
    next: () => 'use --backend esptool for it, or another board',
  }),
  CHIP_MAC_BAD: board<{ port: string; mac: string; reason: string }>({
    retryable: true,
    problem: ({ port, mac, reason }) => `${port}: the chip's MAC ${mac} cannot be trusted: ${reason}`,
    next: () => 'try again; if it stays so, take this board out',
  }),
  CHIP_CHANGED: board<{ port: string; before: string; after: string }>({
    retryable: true,
    problem: ({ port, before, after }) =>
      `${port}: another board answers now (${after} instead of ${before})`,
    next: () => 'leave the board plugged in until it is done, and start again',
  }),
  SECURE_DOWNLOAD: board<{ port: string; what: string }>({
    problem: ({ port, what }) => `${port}: the chip is in Secure Download Mode and refuses ${what}`,
    next: () =>
      'provision such boards before that mode is burnt; or give --mac and --allow-unproven: then the image is written, but only the firmware can show that it arrived',
  }),
  LOADER_REFUSED: board<{ port: string; what: string; code: number; meaning: string; unsupported: boolean }>({
    retryable: true,
    problem: ({ port, what, code, meaning }) =>
      `${port}: the loader refused ${what}: ${meaning} (${hex(code)})`,
    next: () => 'try again, with a shorter cable or a lower baud rate if it happens often',
  }),
  STUB_FAILED: board<{ port: string; reason: string }>({
    retryable: true,
    problem: ({ port, reason }) => `${port}: the flasher stub did not start (${reason})`,
    next: () => 'try again; where it stays so, use --backend esptool',
  }),
  FLASH_NOT_FOUND: board<{ port: string; flashId: number }>({
    problem: ({ port, flashId }) => `${port}: no flash chip answers (id ${hex(flashId)})`,
    next: () => 'check the flash and its power; some modules need GPIO12 low at reset',
  }),
  FLASH_WRITE_FAILED: board<{ port: string; offset: number; size: number; reason: string }>({
    retryable: true,
    problem: ({ port, offset, size, reason }) =>
      `${port}: ${hex(size)} bytes at ${hex(offset)} could not be written: ${reason}`,
    next: () => 'try again; if it stays so, the flash is worn or unstable in its supply',
  }),
  FLASH_WORN: proof<{ port: string; offset: number }>({
    retryable: false,
    problem: ({ port, offset }) =>
      `${port}: the flash does not keep what is written: the byte at ${hex(offset)} is another after a second write`,
    next: () => 'put this board aside: its flash is worn, or its supply fails under load',
  }),
  VERIFY_MISMATCH: proof<{ port: string; offset: number; size: number; expected: string; found: string }>({
    problem: ({ port, offset, size, expected, found }) =>
      `${port}: the proof of the flash fails: the chip's MD5 of ${hex(size)} bytes at ${hex(offset)} is ${found}, not ${expected}`,
    next: () => 'try again; if it stays so, put this board aside',
  }),
  FLASH_CHANGED_OUTSIDE: proof<{ port: string; where: string }>({
    retryable: false,
    problem: ({ port, where }) =>
      `${port}: flash outside the region changed while it was written (${where}): a command was damaged on its way`,
    next: () =>
      'flash the boot loader, partition table and firmware again, with a better cable or a lower --baud; then retry',
  }),
  BOOT_FAILED: board<{ port: string; reason: string; lastLine: string; lines: readonly string[] }>({
    retryable: true,
    problem: ({ port, reason, lastLine }) => `${port}: the board does not start: ${reason} ("${lastLine}")`,
    next: () =>
      'read its log (`espmint devices show MAC`, or the details of its tile), and try another board',
  }),
  BOOT_TIMEOUT: board<{ port: string; timeoutMs: number; lastLine: string; lines: readonly string[] }>({
    retryable: true,
    problem: ({ port, timeoutMs, lastLine }) =>
      `${port}: no sign that the firmware runs within ${Math.round(timeoutMs)} ms (${lastLine === '' ? 'it printed nothing' : `last line: "${lastLine}"`})`,
    next: () => "check the profile's boot rules and baud rate, or give it more time",
  }),
  BOOT_LOG_UNREADABLE: board<{ port: string; baud: number; lines: readonly string[] }>({
    retryable: false,
    problem: ({ port, baud }) =>
      `${port}: the board's log is unreadable at ${baud} baud, so nothing is known of its firmware`,
    next: () =>
      "set `boot.baud` of the profile to the baud rate of the firmware's console; or check the cable",
  }),
  ESPTOOL_MISSING: input<{ tried: string }>({
    problem: ({ tried }) => `No esptool was found (tried ${tried})`,
    next: () => 'install it (pip install esptool), or leave --backend out to use the built-in driver',
  }),
  ESPTOOL_TOO_OLD: input<{ version: string }>({
    problem: ({ version }) => `esptool ${version} is too old`,
    next: () => 'install version 4 or newer (pip install --upgrade esptool)',
  }),
  ESPTOOL_FAILED: board<{ port: string; command: string; reason: string }>({
    retryable: true,
    problem: ({ port, command, reason }) => `${port}: esptool ${command} failed (${reason})`,
    next: () => 'try again, or run the same esptool command by hand to see all of its output',
  }),
  PARTITION_TABLE_INVALID: board<{ port?: string; offsetBytes?: number; atByte: number; reason: string }>({
    problem: ({ port, offsetBytes, atByte, reason }) =>
      `${port === undefined ? '' : `${port}: `}The partition table${offsetBytes === undefined ? '' : ` at ${hex(offsetBytes)}`} ${reason} (at byte ${atByte} of the table)`,
    next: () =>
      'flash the firmware with its partition table first; or give the region with --offset, --size and --force-offset',
  }),
  PARTITION_TABLE_AMBIGUOUS: board<{ port: string; offsets: readonly string[] }>({
    problem: ({ port, offsets }) =>
      `${port}: more than one partition table stands in the flash (at ${offsets.join(', ')}), and nothing tells which one the firmware uses`,
    next: ({ offsets }) =>
      `name the one of this firmware with --partition-table-offset (${offsets.join(' or ')}; target.partitionTableOffset in the profile)`,
  }),
  PARTITION_TABLE_MISSING: board<{ port: string; wanted?: string; present: readonly string[] }>({
    problem: ({ port, wanted, present }) =>
      `${port}: no partition table was found${wanted === undefined ? '' : ` at ${wanted}`}, but ${present.join(' and ')}: where the firmware has its NVS is not known`,
    next: () =>
      'flash the firmware with its partition table; or say where the table is with --partition-table-offset; or give the region with --offset, --size and --force-offset',
  }),
  FLASH_OUT_OF_REACH: board<{ port: string; offset: number; size: number; instead: number }>({
    problem: ({ port, offset, size, instead }) =>
      `${port}: the region ${hex(offset)} + ${hex(size)} lies beyond 16 MB, where the chip's own loader drops the fourth byte of an address and would take ${hex(instead)} instead`,
    next: () =>
      'use --backend esptool, whose stub reaches it on the chips that can (ESP32-S3, C5, C61, P4), or move the NVS partition below 16 MB',
  }),
};
