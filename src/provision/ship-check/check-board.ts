// The ship check: reads a board and compares it with what its profile and the registry say must, and must not, be there.
import { bytesToHex } from '@noble/hashes/utils.js';
import { forbiddenValues } from '../../core/absent-values.js';
import { deviceRows, regionRows, type PublicValues } from '../../core/device-config.js';
import type { FlashImage } from '../../core/flash-image.js';
import { isEspmintError, type OnWarning } from '../../core/errors/index.js';
import { usableHardwareId } from '../../core/hardware-id.js';
import { parseMac, type Mac } from '../../core/mac.js';
import type { NvsRow } from '../../core/nvs/index.js';
import { DATA_SUBTYPE, PARTITION_TYPE, type PartitionTable } from '../../core/partition-table.js';
import { parsePsk, type Psk } from '../../core/psk.js';
import { deviceNvsKey } from '../../core/device-nvs-key.js';
import { deviceUuid } from '../../core/uuid.js';
import { boardValues, type BoardValues } from '../../core/values/rows.js';
import { BOARD_TIMEOUT_MS, withBoardDeadline, type Board } from '../../driver/index.js';
import type { Asker } from '../../registry/index.js';
import { firmwareVersionOf } from '../attempt-facts.js';
import {
  orDifference,
  readFlashContent,
  readNvs,
  type BoardFlashContent,
  type NvsContent,
} from './board-flash.js';
import type { Difference } from './difference.js';
import { unmetExpectations } from '../plan/expectations.js';
import { placeRegions, regionPart } from '../flash/extra-regions.js';
import { buildFor } from '../flash/firmware-fit.js';
import { networkOf } from '../plan/own-wifi.js';
import { requireRegistryOf, type CheckParts } from './check-parts.js';
import type { ProvisionPlan } from '../plan/plan.js';
import { isSameValue } from '../flash/readback.js';
import { overlap } from '../flash/region.js';
import { holdsParts } from '../flash/write-parts.js';

export interface BoardCheck {
  readonly port: string;
  readonly mac: Mac;
  /** That it must have. */
  readonly uuid: string;
  /** The NVS of its identity, as it was read; absent where the board has none that can be. */
  readonly nvs?: FlashImage | undefined;
  /** None: the board may leave. */
  readonly differences: readonly Difference[];
}

export interface CheckOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onWarning: OnWarning;
  /** For the audit trail. */
  readonly by?: Asker | undefined;
  /** For all of it; default 240 s. */
  readonly timeoutMs?: number | undefined;
}

const AGAIN = 'Run this board through provisioning again';
const FIRST = 'Give the board its identity with this profile first';

/**
 * Changes nothing on the board, and resets it at the end. What was found is in the audit trail before this returns.
 * @throws what connecting, reading and the registry throw: a board that cannot be read, or a registry that cannot be asked,
 *   never passes; RUN_TIMED_OUT
 */
export async function checkBoard(
  port: string,
  plan: ProvisionPlan,
  parts: CheckParts,
  { timeoutMs = BOARD_TIMEOUT_MS, signal, ...options }: CheckOptions,
): Promise<BoardCheck> {
  requireRegistryOf(plan, parts);
  return withBoardDeadline({ port, timeoutMs, signal }, (deadline) =>
    checkWithin(port, plan, parts, { ...options, signal: deadline }),
  );
}

async function checkWithin(
  port: string,
  plan: ProvisionPlan,
  parts: CheckParts,
  { signal, onWarning, by }: CheckOptions,
): Promise<BoardCheck> {
  const { expectChip, baud } = plan;
  const board = await parts.connect(port, { expectChip, baud, signal, onWarning });
  try {
    const check = await new Check(port, plan, parts, board, signal).run();
    if (parts.registry !== undefined) {
      const differences = check.differences.map(({ message }) => message);
      const profile = plan.profile && { name: plan.profile.name, version: plan.profile.version };
      await parts.registry.checked(check.mac, { profile, differences }, by);
    }
    await board.reset();
    return check;
  } finally {
    await board.close();
  }
}

class Check {
  readonly #differences: Difference[] = [];

  constructor(
    readonly port: string,
    readonly plan: ProvisionPlan,
    readonly parts: CheckParts,
    readonly board: Board,
    readonly signal: AbortSignal | undefined,
  ) {}

  async run(): Promise<BoardCheck> {
    const { port, plan, board } = this;
    const mac = parseMac(board.facts.mac);
    const device = await this.#device(mac);
    const { recipe, namespaceUuid } = plan.identity;
    const uuid = device?.uuid ?? deviceUuid(mac, recipe, namespaceUuid);
    let result: BoardCheck = { port, mac, uuid, differences: this.#differences };
    const { flashEncryption, secureDownload } = board.security;
    if (flashEncryption || secureDownload) {
      const why = flashEncryption ? 'flash encryption is on' : 'it is in Secure Download Mode';
      this.#note(
        'unreadable',
        `${port}: ${why}, so nothing on this board can be compared`,
        'Check it before that is switched on',
      );
      return result;
    }
    const own = await this.#ownValues(mac);
    const content = await readFlashContent(port, board, plan, own, this.#add, this.signal);
    result = { ...result, nvs: content.home?.image };
    const values = this.#values({ mac, uuid, serial: device?.serial, own }, content);
    if (content.home !== undefined) await this.#identity(content.home, values, content.key);
    await this.#firmware(content);
    if (this.#hasAllValues(own)) await this.#regions(content, values);
    this.#forbidden(content);
    return result;
  }

  readonly #add = (difference: Difference): void => void this.#differences.push(difference);

  #note(kind: Difference['kind'], message: string, remedy: string): void {
    this.#add({ kind, message, remedy });
  }

  /** What the registry has of this board; notes what is wrong with that. */
  async #device(
    mac: Mac,
  ): Promise<{ readonly uuid: string; readonly serial?: string | undefined } | undefined> {
    const { registry } = this.parts;
    if (registry === undefined) return undefined;
    const device = await registry.show({ mac }).catch((error: unknown) => {
      if (isEspmintError(error, 'DEVICE_UNKNOWN')) return undefined;
      throw error;
    });
    if (device === undefined) {
      this.#note('registry', `The registry does not know the board ${mac}`, FIRST);
      return undefined;
    }
    if (device.status === 'pending')
      this.#note('registry', `The registry has no proof yet that ${mac} holds its key`, AGAIN);
    if (device.status === 'removed')
      this.#note('registry', `${mac} was removed from the registry`, 'Put the board aside');
    const chipId = usableHardwareId(this.board.facts.uniqueId);
    if (device.hardwareId !== undefined && device.hardwareId !== chipId)
      this.#note(
        'registry',
        `${mac} is another chip than the one that the registry has under this MAC`,
        'Put the board aside: it may be a clone',
      );
    return { uuid: device.uuid, serial: device.units[0]?.serial };
  }

  async #ownValues(mac: Mac): Promise<BoardValues | undefined> {
    const { list } = this.plan.values ?? {};
    if (list === undefined) return undefined;
    const row = await this.parts.values?.held(list, mac);
    if (row !== undefined) return boardValues(row.columns, row.stored);
    this.#note('value', `${mac} has no row of the list "${list}"`, FIRST);
    return undefined;
  }

  #hasAllValues(own: BoardValues | undefined): boolean {
    return this.plan.values === undefined || own !== undefined;
  }

  #values(
    of: Pick<PublicValues, 'mac' | 'uuid' | 'serial' | 'own'>,
    { app }: BoardFlashContent,
  ): PublicValues {
    const { plan, board } = this;
    const { caUrl, wifiPlan, hardwareRevision } = plan;
    const wifi = of.own === undefined ? plan.wifi : networkOf(plan, of.own);
    return {
      ...of,
      chip: board.facts.chip,
      caUrl,
      wifi,
      wifiPlan,
      firmwareVersion: firmwareVersionOf(plan, app),
      hardwareRevision,
    };
  }

  async #identity(home: NvsContent, values: PublicValues, nvsKey: Uint8Array | undefined): Promise<void> {
    const { layout, encryption } = this.plan;
    const { namespace, keys } = layout;
    if (home.isBlank)
      return this.#note(
        'identity',
        `The NVS of the board (${home.name}) is blank: it has no identity`,
        FIRST,
      );
    if (home.decoded.looksEncrypted && encryption !== undefined)
      return this.#note(
        'key',
        `The NVS of the board (${home.name}) is encrypted with a key that is not the one beside it`,
        AGAIN,
      );
    if (home.decoded.looksEncrypted) {
      const message = `The NVS of the board (${home.name}) is encrypted, so its identity cannot be compared`;
      return this.#note(
        'unreadable',
        message,
        'Check the board before its firmware encrypts it, or take out why it does',
      );
    }
    if (encryption !== undefined && !home.wasEncrypted)
      this.#note(
        'identity',
        `The NVS of the board (${home.name}) is plain, and the profile says encrypted`,
        AGAIN,
      );
    const textAt = (key: string): string | undefined => {
      const one = home.decoded.values.find((value) => value.namespace === namespace && value.key === key);
      return one?.type === 'string' ? one.value : undefined;
    };
    const uuid = textAt(keys.uuid);
    if (uuid === undefined)
      this.#note('identity', `${namespace}:${keys.uuid} is missing: the board has no UUID`, FIRST);
    else if (uuid !== values.uuid)
      this.#note(
        'identity',
        `${namespace}:${keys.uuid} is another UUID than ${values.uuid}, which is this board's`,
        AGAIN,
      );
    const psk = await this.#key(`${namespace}:${keys.psk}`, textAt(keys.psk), values.mac);
    if (psk !== undefined && nvsKey !== undefined && encryption?.scheme === 'flash') {
      if (bytesToHex(nvsKey) !== bytesToHex(deviceNvsKey(psk)))
        this.#note('key', 'The key of the encrypted NVS is not the one that belongs to this board', AGAIN);
    }
    const isComplete = this.#hasAllValues(values.own);
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
    this.#compare(
      home,
      rows.filter((row) => !('key' in row && row.namespace === namespace && own.includes(row.key))),
      'value',
    );
  }

  /** The key of the board where it has the form of one. It is compared, and shown to nobody. */
  async #key(name: string, text: string | undefined, mac: Mac): Promise<Psk | undefined> {
    if (text === undefined) {
      this.#note('key', `${name} is missing: the board has no key`, FIRST);
      return undefined;
    }
    const psk = asPsk(text);
    if (psk === undefined) {
      this.#note('key', `${name} is no key`, AGAIN);
      return undefined;
    }
    const { registry } = this.parts;
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
    this.#note('key', `${name} is ${reason}`, AGAIN);
    return psk;
  }

  /** Further values are none of the check's business: firmware keeps its own there. */
  #compare({ decoded }: NvsContent, rows: readonly NvsRow[], kind: 'value' | 'region'): void {
    for (const row of rows) {
      if (row.type === 'namespace') continue;
      const name = `${row.namespace}:${row.key}`;
      const found = decoded.values.find((one) => one.namespace === row.namespace && one.key === row.key);
      if (found === undefined) this.#note(kind, `${name} is missing or damaged`, AGAIN);
      else if (!isSameValue(row, found))
        this.#note(kind, `${name} has another value than the profile says`, AGAIN);
    }
  }

  async #firmware({ found, app }: BoardFlashContent): Promise<void> {
    const { port, plan, board } = this;
    const { expect, firmware } = plan;
    for (const { what, wanted, found: has } of expect === undefined
      ? []
      : unmetExpectations(expect, board.facts, app)) {
      const remedy =
        what === 'firmware version' ? 'Flash the firmware that the profile expects' : 'Put the board aside';
      this.#note('firmware', `The profile expects ${what} ${wanted}, and the board has ${has}`, remedy);
    }
    const build = firmware && (await orDifference(() => buildFor(port, board, firmware), this.#add));
    if (firmware === undefined || build === undefined) return;
    const name = `${firmware.name} ${firmware.version}`;
    for (const part of build.parts) {
      const place = { offsetBytes: part.offsetBytes, sizeBytes: part.bytes.length };
      if (found !== undefined && isChangedByFirmware(found.table, place)) continue;
      if (!(await this.#holds(part)))
        this.#note('firmware', `${part.name} is not as in the firmware ${name}`, AGAIN);
    }
    if (build.app !== undefined && app !== undefined && app.elfSha256 !== build.app.elfSha256)
      this.#note(
        'firmware',
        `The board starts ${app.project} ${app.version}, another application than that of the firmware ${name}`,
        AGAIN,
      );
  }

  async #regions({ found, key }: BoardFlashContent, values: PublicValues): Promise<void> {
    const { port, board, plan, signal } = this;
    const { regions = [] } = plan;
    const placed =
      (await orDifference(() => placeRegions(port, regions, found, board.facts.flashSizeBytes), this.#add)) ??
      [];
    for (const one of placed) {
      if (one.of.nvs === undefined) {
        const isThere = await this.#holds(regionPart(port, one, values));
        if (!isThere) this.#note('region', `${one.name} does not hold what the profile says`, AGAIN);
        continue;
      }
      const { offsetBytes, sizeBytes } = one;
      const content = await readNvs(board, one.name, { offsetBytes, sizeBytes }, signal, key);
      if (content.decoded.looksEncrypted)
        this.#note(
          'unreadable',
          `${one.name} is encrypted, so it cannot be compared`,
          'Check the board before its firmware encrypts it',
        );
      else this.#compare(content, regionRows(values, one.of.nvs), 'region');
    }
  }

  /** An answer carries no checksum: that a part is not there is only believed when it is said twice. */
  async #holds(part: Parameters<typeof holdsParts>[1][number]): Promise<boolean> {
    return (await holdsParts(this.board, [part], this.signal)) || holdsParts(this.board, [part], this.signal);
  }

  #forbidden({ nvs, home }: BoardFlashContent): void {
    const { absent = [] } = this.plan.ship ?? {};
    if (absent.length === 0) return;
    for (const { name, decoded } of nvs) {
      if (decoded.looksEncrypted) {
        // Of the identity's own place this stands in the list already.
        if (name !== home?.name)
          this.#note(
            'unreadable',
            `The NVS partition ${name} is encrypted, so nobody can tell what is in it`,
            'Check the board before its firmware encrypts it',
          );
        continue;
      }
      for (const { name: value, state } of forbiddenValues(decoded, absent)) {
        const how = {
          present: 'is there',
          overruled: 'is still in the flash, as a copy that a later value overruled',
          unreadable: 'is damaged, so it may be what must not be there',
        }[state];
        this.#note(
          'forbidden',
          `${value} (${name}) ${how}, and the profile says that no board may leave with it`,
          'Erase that partition, then run the board through provisioning again',
        );
      }
    }
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

/** Which application starts, and NVS, are written by firmware itself: they are compared by what they say. */
function isChangedByFirmware(
  { partitions }: PartitionTable,
  place: { offsetBytes: number; sizeBytes: number },
): boolean {
  const own: readonly number[] = [DATA_SUBTYPE.ota, DATA_SUBTYPE.nvs];
  return partitions.some(
    (one) => one.type === PARTITION_TYPE.data && own.includes(one.subtype) && overlap(one, place),
  );
}
