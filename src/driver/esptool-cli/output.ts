// What esptool prints, 4.x and 5.x, turned into values: pure text in, facts and typed errors out.
import { createMasker } from '../../core/masking/masker.js';
import { findChip } from '../../core/chips/index.js';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { macFromBytes, parseMac, type Mac } from '../../core/mac.js';
import type { ChipFacts } from '../../core/stages.js';
import type { SecurityState } from '../connect/security.js';

export interface EsptoolVersion {
  readonly major: number;
  readonly minor: number;
  readonly text: string;
}

/** @returns undefined when the text names no version. */
export function parseVersion(output: string): EsptoolVersion | undefined {
  const match = /^(?:esptool(?:\.py)? )?v?(\d+)\.(\d+)\S*/m.exec(output);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), text: match[0].replace(/^\D+/, '') };
}

/**
 * The base MAC. Chips with 802.15.4 have two lines, and the one that is called "MAC" is an EUI-64 there: its first 17
 * characters look like a MAC and are none.
 */
export function parseMacLines(output: string): Mac | undefined {
  const base = lineValue(output, 'BASE MAC');
  if (base !== undefined) return parseMac(base);
  const mac = lineValue(output, 'MAC');
  if (mac === undefined) return undefined;
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  // An EUI-64 whose base line is missing: the vendor's three bytes, ff:fe, then the device's three.
  return bytes.length === 8
    ? macFromBytes(Uint8Array.from([...bytes.slice(0, 3), ...bytes.slice(5)]))
    : parseMac(mac);
}

/** Facts from the output of flash-id; undefined where the chip, its MAC or its flash are not named. */
export function parseFacts(output: string): ChipFacts | undefined {
  const described = lineValue(output, 'Chip type') ?? /^Chip is (.+)$/m.exec(output)?.[1];
  const mac = parseMacLines(output);
  const family = parseFamily(output, described);
  if (described === undefined || mac === undefined || family === undefined) return undefined;
  const [, description = described, revision = 'v0.0'] =
    /^(.*?) \(revision (v\d+\.\d+)\)$/.exec(described.trim()) ?? [];
  const crystal = /^Crystal (?:frequency|is):? *(\d+)MHz/m.exec(output)?.[1];
  return {
    chip: family,
    description,
    revision,
    mac,
    flashSizeBytes: parseFlashSize(output),
    ...(crystal === undefined ? {} : { crystalMhz: Number(crystal) }),
  };
}

/** The family's name, also of chips that our table does not know. */
function parseFamily(output: string, described: string | undefined): string | undefined {
  const named =
    /^(?:Detecting chip type\.+ |Connected to )(ESP[\w-]+)/m.exec(output)?.[1] ?? described?.split(/[ (]/)[0];
  if (named === undefined) return undefined;
  return findChip(named)?.name ?? named.toLowerCase().replaceAll('-', '');
}

function parseFlashSize(output: string): number {
  const [, count, unit] = /^Detected flash size: (\d+)(KB|MB)/m.exec(output) ?? [];
  return count === undefined ? 0 : Number(count) * (unit === 'MB' ? 1024 * 1024 : 1024);
}

/** From get-security-info. */
export function parseSecurity(output: string): SecurityState {
  return {
    flashEncryption: /^Flash Encryption: Enabled/im.test(output),
    secureBoot: /^Secure Boot: Enabled/im.test(output),
    secureDownload: /SECURE_DOWNLOAD_ENABLE|Secure Download Mode is enabled/i.test(output),
  };
}

/** The word that read-mem prints: `0x3ff5a000 = 0x00000000`. */
export function parseWord(output: string): number | undefined {
  const word = /^0x[0-9a-f]+ = (0x[0-9a-f]+)/im.exec(output)?.[1];
  return word === undefined ? undefined : Number(word);
}

/** Percent of a progress line of either version; undefined for other lines. */
export function parseProgress(line: string): number | undefined {
  const percent = /^Writing at 0x[0-9a-f]+.*?([\d.]+) ?%/i.exec(line)?.[1];
  return percent === undefined ? undefined : Math.min(100, Math.floor(Number(percent)));
}

type Diagnosis = (output: string, port: string) => EspmintError | undefined;

const DIAGNOSES: readonly Diagnosis[] = [
  (output, port) => {
    const [, found, expected] = /This chip is (\S{1,40}), not (\S{1,40}?)\. Wrong/i.exec(output) ?? [];
    if (found === undefined || expected === undefined) return undefined;
    return new EspmintError('CHIP_UNEXPECTED', { port, expected, found });
  },
  (output, port) =>
    /permission denied/i.test(output) ? new EspmintError('PORT_FORBIDDEN', { port, group: '' }) : undefined,
  (output, port) =>
    /no such file|file not found/i.test(output) ? new EspmintError('PORT_NOT_FOUND', { port }) : undefined,
  (output, port) =>
    /port is busy|could not exclusively lock|access is denied/i.test(output)
      ? new EspmintError('PORT_BUSY', { port })
      : undefined,
  (output, port) =>
    /failed to connect|no serial data received|invalid head of packet/i.test(output)
      ? new EspmintError('CHIP_NO_ANSWER', { port, hasModemLines: true })
      : undefined,
];

/** Of the user's own program, which may print anything; masking takes time by the length. */
const LOOKED_AT_CHARS = 2_048;
const LONGEST_REASON = 400;

/** The failure that the output of an unsuccessful run tells of. */
export function diagnose(output: string, port: string, command: string): EspmintError {
  for (const diagnosis of DIAGNOSES) {
    const error = diagnosis(output, port);
    if (error !== undefined) return error;
  }
  const said = /fatal error occurred: (.+)/.exec(output)?.[1] ?? lastLine(output);
  // Words are cut whole: half a secret has no form to be known by.
  const looked = said.length <= LOOKED_AT_CHARS ? said : said.slice(0, LOOKED_AT_CHARS).replace(/\S*$/, '…');
  const masked = createMasker().foreign(looked);
  const reason = masked.length <= LONGEST_REASON ? masked : `${masked.slice(0, LONGEST_REASON)}…`;
  return new EspmintError('ESPTOOL_FAILED', { port, command, reason });
}

/** Whether another try may help: the link, not the board or the request. */
export function isWorthRetrying(error: unknown): boolean {
  return (
    isEspmintError(error) && error.retryable && error.code !== 'PORT_NOT_FOUND' && error.code !== 'PORT_BUSY'
  );
}

function lineValue(output: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(\\S.*)$`, 'm').exec(output)?.[1]?.trim();
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() ?? '';
}
