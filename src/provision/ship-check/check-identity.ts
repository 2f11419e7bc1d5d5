// The identity of a board, compared with its profile and the registry: its UUID, its key and the values beside them.
import { bytesToHex } from '@noble/hashes/utils.js';
import { deviceRows, type PublicValues } from '../../core/device-config.js';
import { deviceNvsKey } from '../flash/nvs-encryption.js';
import { isEspmintError } from '../../core/errors/index.js';
import type { Mac } from '../../core/mac.js';
import type { NvsRow } from '../../core/nvs/index.js';
import { parsePsk, type Psk } from '../../core/psk.js';
import { isSameValue } from '../flash/readback.js';
import type { NvsContent } from './board-flash.js';
import { AGAIN, FIRST, hasAllValues, type Check } from './check-parts.js';

/** What the NVS of the identity holds, against what its profile and the registry say. */
export async function checkIdentity(
  check: Check,
  home: NvsContent,
  values: PublicValues,
  nvsKey: Uint8Array | undefined,
): Promise<void> {
  const { note } = check;
  const { layout, encryption } = check.plan;
  const { namespace, keys } = layout;
  if (home.isBlank)
    return note('identity', `The NVS of the board (${home.name}) is blank: it has no identity`, FIRST);
  if (home.decoded.looksEncrypted && encryption !== undefined)
    return note(
      'key',
      `The NVS of the board (${home.name}) is encrypted with a key that is not the one beside it`,
      AGAIN,
    );
  if (home.decoded.looksEncrypted) {
    const message = `The NVS of the board (${home.name}) is encrypted, so its identity cannot be compared`;
    return note(
      'unreadable',
      message,
      'Check the board before its firmware encrypts it, or take out why it does',
    );
  }
  if (encryption !== undefined && !home.wasEncrypted)
    note('identity', `The NVS of the board (${home.name}) is plain, and the profile says encrypted`, AGAIN);
  const textAt = (key: string): string | undefined => {
    const one = home.decoded.values.find((value) => value.namespace === namespace && value.key === key);
    return one?.type === 'string' ? one.value : undefined;
  };
  const uuid = textAt(keys.uuid);
  if (uuid === undefined)
    note('identity', `${namespace}:${keys.uuid} is missing: the board has no UUID`, FIRST);
  else if (uuid !== values.uuid)
    note(
      'identity',
      `${namespace}:${keys.uuid} is another UUID than ${values.uuid}, which is this board's`,
      AGAIN,
    );
  const psk = await checkKey(check, `${namespace}:${keys.psk}`, textAt(keys.psk), values.mac);
  if (psk !== undefined && nvsKey !== undefined && encryption?.scheme === 'flash') {
    if (bytesToHex(nvsKey) !== bytesToHex(deviceNvsKey(psk)))
      note('key', 'The key of the encrypted NVS is not the one that belongs to this board', AGAIN);
  }
  const isComplete = hasAllValues(check.plan, values.own);
  const rows = deviceRows(
    {
      ...values,
      psk: psk ?? parsePsk('0'.repeat(32)),
      // What is made from the key, or from a row that is not there, cannot be compared.
      wifiPlan: psk !== undefined || values.wifiPlan?.mode === 'static' ? values.wifiPlan : undefined,
    },
    isComplete ? layout : { ...layout, rows: [] },
  );
  const own = [keys.uuid, keys.psk];
  compareRows(
    check,
    home,
    rows.filter((row) => !('key' in row && row.namespace === namespace && own.includes(row.key))),
    'value',
  );
}

/** The key of the board where it has the form of one. It is compared, and shown to nobody. */
async function checkKey(
  { parts, note }: Check,
  name: string,
  text: string | undefined,
  mac: Mac,
): Promise<Psk | undefined> {
  if (text === undefined) {
    note('key', `${name} is missing: the board has no key`, FIRST);
    return undefined;
  }
  const psk = asPsk(text);
  if (psk === undefined) {
    note('key', `${name} is no key`, AGAIN);
    return undefined;
  }
  const { registry } = parts;
  if (registry === undefined) return psk;
  const state = await registry.compareKey(mac, psk).catch((error: unknown) => {
    if (isEspmintError(error, 'DEVICE_UNKNOWN')) return 'no device';
    throw error;
  });
  // That the registry does not know the board stands in the list already.
  if (state === 'current' || state === 'no device') return psk;
  const reason =
    state === 'superseded'
      ? 'an earlier key of this board, which was replaced'
      : state === 'pending'
        ? 'a key that was never proven'
        : 'another key than the registry has for this board';
  note('key', `${name} is ${reason}`, AGAIN);
  return psk;
}

/** Further values are none of the check's business: firmware keeps its own there. */
export function compareRows(
  { note }: Check,
  { decoded }: NvsContent,
  rows: readonly NvsRow[],
  kind: 'value' | 'region',
): void {
  for (const row of rows) {
    if (row.type === 'namespace') continue;
    const name = `${row.namespace}:${row.key}`;
    const found = decoded.values.find((one) => one.namespace === row.namespace && one.key === row.key);
    if (found === undefined) note(kind, `${name} is missing or damaged`, AGAIN);
    else if (!isSameValue(row, found)) note(kind, `${name} has another value than the profile says`, AGAIN);
  }
}

function asPsk(text: string): Psk | undefined {
  try {
    const psk = parsePsk(text);
    // Firmware takes the text as it stands, blanks and all.
    return psk === text ? psk : undefined;
  } catch (error) {
    if (isEspmintError(error)) return undefined;
    throw error;
  }
}
