// Encrypted NVS in a run: which key a board's NVS has, where that key goes, and what can be read of an encrypted region.
import { EspmintError, invalidInput, isEspmintError } from '../../core/errors/index.js';
import type { FirmwarePart } from '../../core/firmware/bundle.js';
import {
  decodeKeyFile,
  decodeNvs,
  decryptNvs,
  deriveNvsKey,
  encodeKeyFile,
  HMAC_KEY_BYTES,
  NVS_KEY_BYTES,
  PAGE_SIZE,
} from '../../core/nvs/index.js';
import type { Partition } from '../../core/partition-table.js';
import type { Psk } from '../../core/psk.js';
import type { BoardValues } from '../../core/values/rows.js';
import type { Board } from '../../driver/index.js';
import type { NvsEncryption } from '../plan/plan.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { hexToBytes } from '@noble/hashes/utils.js';

/** A key for the NVS of one board, 64 bytes. @throws INPUT_INVALID (a column that holds no HMAC key), NVS_KEY_INVALID */
export function nvsKeyOf(
  encryption: NvsEncryption | undefined,
  psk: Psk,
  own: BoardValues | undefined,
): Uint8Array | undefined {
  if (encryption === undefined) return undefined;
  return hmacNvsKey(encryption, own) ?? deviceNvsKey(psk);
}

/** Of the HMAC scheme; undefined with another one. @throws as nvsKeyOf */
export function hmacNvsKey(encryption: NvsEncryption, own: BoardValues | undefined): Uint8Array | undefined {
  return encryption.scheme === 'hmac' ? deriveNvsKey(hmacKeyOf(encryption, own)) : undefined;
}

/** What is burnt into the eFuses of this board: of all boards the same, or of its row. */
function hmacKeyOf({ hmacKey, column = '' }: NvsEncryption, own: BoardValues | undefined): Uint8Array {
  const key = hmacKey ?? own?.[column]?.bytes;
  if (key?.length === HMAC_KEY_BYTES) return key;
  throw invalidInput(
    `The column "${column}" of nvs.encryption`,
    `holds ${key === undefined ? 'no key' : `${key.length} bytes`}`,
    `declare it as type hex in values.columns, and give each row the ${HMAC_KEY_BYTES} bytes that are in its chip`,
  );
}

/**
 * Where the key goes, known before anything is written. With the HMAC scheme it is in the chip already.
 * @throws PARTITION_NOT_FOUND, PARTITION_AMBIGUOUS
 */
export function keyPartitionOf(
  port: string,
  { scheme, keyPartition: wanted }: NvsEncryption,
  present: readonly Partition[],
): Partition | undefined {
  if (scheme === 'hmac') return undefined;
  const fitting = present.filter(({ label }) => wanted === undefined || label === wanted);
  const [only] = fitting;
  const names = present.map(({ label }) => label).join(', ');
  if (only === undefined) {
    throw new EspmintError('PARTITION_NOT_FOUND', {
      port,
      wanted: `${wanted === undefined ? 'partition' : `partition "${wanted}"`} of type data/nvs_keys for the key of its NVS`,
      present: names === '' ? 'none of that type' : names,
      choice: present.map(({ label }) => `nvs.encryption.keyPartition: ${label} in the profile`).join(' or '),
    });
  }
  if (fitting.length > 1) {
    const details = {
      port,
      names,
      type: 'data/nvs_keys',
      setting: 'nvs.encryption.keyPartition in the profile',
    };
    throw new EspmintError('PARTITION_AMBIGUOUS', details);
  }
  return only;
}

/** The whole partition: nothing of an earlier key stays behind this one. */
export function keyPart({ label, offsetBytes, sizeBytes }: Partition, key: Uint8Array): FirmwarePart {
  const bytes = new Uint8Array(sizeBytes).fill(0xff);
  bytes.set(encodeKeyFile(key));
  return { name: `the key partition "${label}"`, role: 'data', offsetBytes, bytes };
}

/** What a region holds, in plain; undefined where it is encrypted with another key. */
export function openNvs(bytes: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  if (!decodeNvs(bytes).looksEncrypted) return bytes;
  try {
    return decryptNvs(bytes, key);
  } catch (error) {
    if (isEspmintError(error, 'NVS_KEY_WRONG')) return undefined;
    throw error;
  }
}

/** The key in a board's own key partition; undefined where that holds none. */
export async function readNvsKey(
  board: Board,
  { offsetBytes }: Partition,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const file = await board.readFlash({ offsetBytes, sizeBytes: PAGE_SIZE }, { signal });
  try {
    return decodeKeyFile(file);
  } catch (error) {
    if (isEspmintError(error, 'NVS_KEY_INVALID')) return undefined;
    throw error;
  }
}

/**
 * Made from the device's own key, which is random, stored durably before anything is flashed, and sealed in the registry: so
 * this one is too, without a second promise to keep (RFC 5869). 64 bytes: data key
 * and tweak key. A device with a new key has another one; the same key gives the same image again.
 */
export function deviceNvsKey(psk: Psk): Uint8Array {
  return hkdf(sha256, hexToBytes(psk), undefined, new TextEncoder().encode('espmint nvs key'), NVS_KEY_BYTES);
}
