// A firmware bundle as one file: what a registry keeps and a station copies, proven by its digest wherever it is read.
import { getChip, findChip } from '../chips/index.js';
import { EspmintError } from '../errors/index.js';
import { digestOfBuilds, makeBuild, type FirmwareBundle } from './bundle.js';

/** `ESPMINTB`, version 1, the length of the index, the index in JSON, and the parts one behind the other. */
const MAGIC = 'ESPMINTB1';
const LENGTH_DIGITS = 8;
const HEAD_BYTES = MAGIC.length + LENGTH_DIGITS;

interface Index {
  readonly name: string;
  readonly version: string;
  readonly builds: readonly {
    readonly chip: string | null;
    readonly parts: readonly {
      readonly name: string;
      readonly offsetBytes: number;
      readonly sizeBytes: number;
    }[];
  }[];
}

export function encodeBundle({ name, version, builds }: FirmwareBundle): Uint8Array {
  const index: Index = {
    name,
    version,
    builds: builds.map(({ chip, parts }) => ({
      chip: chip ?? null,
      parts: parts.map((part) => ({
        name: part.name,
        offsetBytes: part.offsetBytes,
        sizeBytes: part.bytes.length,
      })),
    })),
  };
  const json = new TextEncoder().encode(JSON.stringify(index));
  const head = new TextEncoder().encode(MAGIC + String(json.length).padStart(LENGTH_DIGITS, '0'));
  const contents = builds.flatMap(({ parts }) => parts.map(({ bytes }) => bytes));
  const whole = new Uint8Array(
    HEAD_BYTES + json.length + contents.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const piece of [head, json, ...contents]) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Checked as the files of a build are, and by its digest.
 * @param what names it in messages. @throws FIRMWARE_INVALID
 */
export function decodeBundle(bytes: Uint8Array, digest: string, what: string): FirmwareBundle {
  const broken = (): EspmintError =>
    new EspmintError('FIRMWARE_INVALID', {
      file: what,
      reason: 'is damaged: it does not have the digest that the registry names',
      hint: 'add the bundle again with espmint firmware add',
    });
  const index = indexIn(bytes);
  if (index === undefined) throw broken();
  let at = HEAD_BYTES + index.bytes;
  const builds = index.of.builds.map(({ chip, parts }) => {
    const files = parts.map(({ name, offsetBytes, sizeBytes }) => {
      const content = bytes.subarray(at, at + sizeBytes);
      at += sizeBytes;
      return { name, offsetBytes, bytes: content };
    });
    const spec = chip === null ? undefined : findChip(chip);
    return makeBuild({ source: what, chip: spec && getChip(spec.name).name, files });
  });
  if (at !== bytes.length || digestOfBuilds(builds) !== digest) throw broken();
  return { name: index.of.name, version: index.of.version, digest, builds };
}

function indexIn(bytes: Uint8Array): { readonly of: Index; readonly bytes: number } | undefined {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES));
  const length = Number(head.slice(MAGIC.length));
  if (!head.startsWith(MAGIC) || !Number.isSafeInteger(length)) return undefined;
  try {
    return {
      of: JSON.parse(new TextDecoder().decode(bytes.subarray(HEAD_BYTES, HEAD_BYTES + length))) as Index,
      bytes: length,
    };
  } catch {
    return undefined;
  }
}
