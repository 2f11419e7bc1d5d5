// The options of `espmint virtual`: what people type, checked and turned into what the virtual board takes.
import { CHIP_NAMES, findChip, getChip, type ChipName } from '../../core/chips/index.js';
import { invalidInput } from '../../core/errors/index.js';
import { macDigits, parseMac } from '../../core/mac.js';
import {
  APPLICATIONS,
  INSTANT,
  parseScenario,
  randomScenario,
  REAL,
  type ApplicationName,
  type BoardOptions,
  type LeavePolicy,
  type ListenAddress,
  type Scenario,
  type Timing,
} from '../../virtual/index.js';
import { readBytes, readTextFile } from '../../files/index.js';
import { numberOption } from '../arguments/numbers.js';

export const DEFAULT_LISTEN = 'rfc2217://127.0.0.1:0';
const MAX_BOARDS = 256;
const MAX_PORT = 65_535;
const MIN_FLASH_BYTES = 0x10_0000;
const MAX_FLASH_BYTES = 0x800_0000;

/** As commander hands them over. */
export interface VirtualOptions {
  readonly chip: string;
  readonly chips?: string;
  readonly mac: string;
  readonly uniqueId?: string;
  readonly count: number;
  readonly listen?: readonly string[];
  readonly pty?: boolean;
  readonly flash?: string;
  readonly flashSize?: number;
  readonly partitionTable: string;
  readonly application: string;
  readonly wifi?: string;
  readonly portal?: string;
  readonly air?: string;
  readonly timing: string;
  readonly usbLatency?: number;
  readonly ledger?: string;
  readonly faults?: string;
  readonly adapter: string;
  readonly security?: string;
  readonly whenClientLeaves: string;
  readonly json?: boolean;
}

export interface Listener {
  readonly scheme: 'tcp' | 'rfc2217';
  readonly address: ListenAddress;
}

/** Kinds of chip, to be taken in turn. @throws INPUT_INVALID */
export function parseChips(names: string): ChipName[] {
  return names.split(',').map((name) => {
    const chip = findChip(name.trim());
    if (chip !== undefined) return chip.name;
    throw invalidInput('--chip', `"${name}" is not known`, `choose from ${CHIP_NAMES.join(', ')}`);
  });
}

/** @throws INPUT_INVALID */
export function parseCount(options: VirtualOptions): number {
  const { count, flash } = options;
  if (count < 1 || count > MAX_BOARDS) {
    throw invalidInput('--count', `is not between 1 and ${MAX_BOARDS}`, 'give another number');
  }
  if (flash !== undefined && count > 1) {
    throw invalidInput('--flash', 'names one file for several boards', 'start one process for each board');
  }
  return count;
}

/** MACs that count up from the first. @throws MAC_INVALID */
export function countMacs(first: string, count: number): string[] {
  const start = BigInt(`0x${macDigits(parseMac(first))}`);
  return Array.from({ length: count }, (_, n) =>
    parseMac((start + BigInt(n)).toString(16).padStart(12, '0').slice(-12)),
  );
}

/** Unique ids that count up from the first, as MACs do. @throws INPUT_INVALID */
export function countUniqueIds(first: string | undefined, chips: readonly ChipName[]): string[] {
  if (first === undefined) return [];
  const without = chips.find((chip) => getChip(chip).uniqueId === undefined);
  if (without !== undefined) throw invalidInput('--unique-id', `${without} has none`, 'choose another chip');
  if (!/^[0-9a-f]{32}$/i.test(first))
    throw invalidInput('--unique-id', 'is no such id', 'give 32 hex digits');
  const start = BigInt(`0x${first}`);
  return chips.map((_, n) => (start + BigInt(n)).toString(16).padStart(32, '0').slice(-32));
}

/** @throws INPUT_INVALID */
export function parsePolicy(text: string): LeavePolicy {
  return choose('--when-client-leaves', text, ['reset', 'keep']);
}

/** @throws INPUT_INVALID */
export function parseListen(url: string): Listener {
  const [, scheme, host = '', port = ''] = /^(tcp|rfc2217):\/\/(\[[^\]]+\]|[^:/]+):(\d+)$/.exec(url) ?? [];
  if (scheme === undefined || Number(port) > MAX_PORT) {
    throw invalidInput('--listen', `is "${url}"`, `give it as tcp://host:port or ${DEFAULT_LISTEN}`);
  }
  return {
    scheme: scheme === 'tcp' ? 'tcp' : 'rfc2217',
    address: { host: host.replace(/^\[|\]$/g, ''), port: Number(port) },
  };
}

/** @throws INPUT_INVALID */
export function parseTiming({ timing, usbLatency }: VirtualOptions): Timing {
  const table = choose('--timing', timing, ['instant', 'real']) === 'real' ? REAL : INSTANT;
  return usbLatency === undefined ? table : { ...table, usbLatencyMs: usbLatency };
}

/** @throws INPUT_INVALID */
export function parseApplication(text: string): ApplicationName {
  return choose('--application', text, Object.keys(APPLICATIONS) as ApplicationName[]);
}

/** @throws INPUT_INVALID */
export function parseAdapter(text: string): NonNullable<BoardOptions['adapter']> {
  return choose('--adapter', text, ['bridge', 'usb-jtag']);
}

/** A file, or `seed:NUMBER` for faults by chance. @throws FILE_UNREADABLE, VIRTUAL_SCENARIO_INVALID */
export async function readFaults(choice: string | undefined): Promise<Scenario | undefined> {
  if (choice === undefined) return undefined;
  const [, seed] = /^seed:(\d+)$/.exec(choice) ?? [];
  return seed === undefined
    ? parseScenario(await readTextFile(choice), choice)
    : randomScenario(Number(seed));
}

/** `secure-boot,flash-encryption,secure-download`, as far as these chips have it. @throws INPUT_INVALID */
export function parseSecurity(
  text: string | undefined,
  chips: readonly ChipName[],
): NonNullable<BoardOptions['security']> {
  const names = (text ?? '').split(',').filter((name) => name !== '');
  const known = ['secure-boot', 'flash-encryption', 'secure-download'] as const;
  const chosen = names.map((name) => choose('--security', name, known));
  const without = chips.find((name) => getChip(name).rom.securityInfoBytes === 0);
  if (chosen.includes('secure-download') && without !== undefined)
    throw invalidInput('--security', `is "${text}": ${without} has no such mode`, 'take --chip esp32c3');
  return {
    secureBoot: chosen.includes('secure-boot'),
    flashEncryption: chosen.includes('flash-encryption'),
    secureDownload: chosen.includes('secure-download'),
  };
}

/** @throws INPUT_INVALID */
export function parseFlashSize(text: string): number {
  const size = numberOption('--flash-size')(text);
  if (size >= MIN_FLASH_BYTES && size <= MAX_FLASH_BYTES && Number.isInteger(Math.log2(size))) return size;
  throw invalidInput('--flash-size', `is ${text}`, 'give a power of two between 1M and 128M');
}

/** `http://host:port` or `udp://host:port`. @throws INPUT_INVALID */
export function parseAddress(option: string, scheme: 'http' | 'udp', url: string): ListenAddress {
  const [, host = '', port = ''] = new RegExp(`^${scheme}://([^:/]+):(\\d+)$`).exec(url) ?? [];
  if (host !== '' && Number(port) <= MAX_PORT) return { host, port: Number(port) };
  throw invalidInput(option, `is "${url}"`, `give it as ${scheme}://127.0.0.1:0`);
}

/** Also one that is damaged further on, to see what becomes of it. @throws FILE_UNREADABLE, INPUT_INVALID */
export async function readPartitionTable(
  choice: string,
): Promise<NonNullable<BoardOptions['partitionTable']>> {
  if (choice === 'espmint' || choice === 'stock' || choice === 'none') return choice;
  const bytes = await readBytes(choice);
  if (bytes[0] === 0xaa && bytes[1] === 0x50) return bytes;
  throw invalidInput(
    '--partition-table',
    `names ${choice}, which does not begin as a partition table does (AA 50)`,
    'give the table as flash holds it, such as build/partition_table/partition-table.bin; gen_esp32part.py makes it from CSV',
  );
}

function choose<T extends string>(option: string, text: string, from: readonly T[]): T {
  const found = from.find((one) => one === text);
  if (found !== undefined) return found;
  throw invalidInput(option, `is "${text}"`, `choose from ${from.join(', ')}`);
}
