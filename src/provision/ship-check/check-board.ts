// The ship check: reads a board and compares it with what its profile and the registry say must, and must not, be there.
import type { PublicValues } from '../../core/device-config.js';
import type { FlashImage } from '../../core/flash-image.js';
import { isEspmintError, type OnWarning } from '../../core/errors/index.js';
import { usableHardwareId } from '../../core/hardware-id.js';
import { parseMac, type Mac } from '../../core/mac.js';
import { deviceUuid } from '../../core/uuid.js';
import { boardValues, type BoardValues } from '../../core/values/rows.js';
import { BOARD_TIMEOUT_MS, withBoardDeadline } from '../../driver/index.js';
import type { Asker } from '../../registry/index.js';
import { firmwareVersionOf } from '../attempt-facts.js';
import { networkOf } from '../plan/own-wifi.js';
import type { ProvisionPlan } from '../plan/plan.js';
import { readFlashContent, type BoardFlashContent } from './board-flash.js';
import { checkFirmware, checkForbidden, checkRegions } from './check-flash.js';
import { checkIdentity } from './check-identity.js';
import {
  AGAIN,
  FIRST,
  hasAllValues,
  requireRegistryOf,
  type Check,
  type CheckParts,
  type Difference,
} from './check-parts.js';

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
    const found: Difference[] = [];
    const add = (difference: Difference): void => void found.push(difference);
    const note: Check['note'] = (kind, message, remedy) => add({ kind, message, remedy });
    const check = await compare({ port, plan, parts, board, signal, add, note }, found);
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

/** Notes every difference, and never ends at the first. */
async function compare(check: Check, differences: readonly Difference[]): Promise<BoardCheck> {
  const { port, plan, board, note, add, signal } = check;
  const mac = parseMac(board.facts.mac);
  const device = await checkDevice(check, mac);
  const { recipe, namespaceUuid } = plan.identity;
  const uuid = device?.uuid ?? deviceUuid(mac, recipe, namespaceUuid);
  const { flashEncryption, secureDownload } = board.security;
  if (flashEncryption || secureDownload) {
    const why = flashEncryption ? 'flash encryption is on' : 'it is in Secure Download Mode';
    const message = `${port}: ${why}, so nothing on this board can be compared`;
    note('unreadable', message, 'Check it before that is switched on');
    return { port, mac, uuid, differences };
  }
  const own = await ownValues(check, mac);
  const content = await readFlashContent(port, board, plan, own, add, signal);
  const values = publicValues(check, { mac, uuid, serial: device?.serial, own }, content);
  if (content.home !== undefined) await checkIdentity(check, content.home, values, content.key);
  await checkFirmware(check, content);
  if (hasAllValues(plan, own)) await checkRegions(check, content, values);
  checkForbidden(check, content);
  return { port, mac, uuid, nvs: content.home?.image, differences };
}

/** What the registry has of this board; notes what is wrong with that. */
async function checkDevice(
  { parts, board, note }: Check,
  mac: Mac,
): Promise<{ readonly uuid: string; readonly serial?: string | undefined } | undefined> {
  const { registry } = parts;
  if (registry === undefined) return undefined;
  const device = await registry.show({ mac }).catch((error: unknown) => {
    if (isEspmintError(error, 'DEVICE_UNKNOWN')) return undefined;
    throw error;
  });
  if (device === undefined) {
    note('registry', `The registry does not know the board ${mac}`, FIRST);
    return undefined;
  }
  if (device.status === 'pending')
    note('registry', `The registry has no proof yet that ${mac} holds its key`, AGAIN);
  if (device.status === 'removed')
    note('registry', `${mac} was removed from the registry`, 'Put the board aside');
  const chipId = usableHardwareId(board.facts.uniqueId);
  if (device.hardwareId !== undefined && device.hardwareId !== chipId)
    note(
      'registry',
      `${mac} is another chip than the one that the registry has under this MAC`,
      'Put the board aside: it may be a clone',
    );
  return { uuid: device.uuid, serial: device.units[0]?.serial };
}

async function ownValues({ plan, parts, note }: Check, mac: Mac): Promise<BoardValues | undefined> {
  const { list } = plan.values ?? {};
  if (list === undefined) return undefined;
  const row = await parts.values?.held(list, mac);
  if (row !== undefined) return boardValues(row.columns, row.stored);
  note('value', `${mac} has no row of the list "${list}"`, FIRST);
  return undefined;
}

function publicValues(
  { plan, board }: Check,
  of: Pick<PublicValues, 'mac' | 'uuid' | 'serial' | 'own'>,
  { app }: BoardFlashContent,
): PublicValues {
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
