// The stages of one try, each from what the stages before it found. Order and reporting are in provision-device.ts.
import type { FlashImage } from '../core/flash-image.js';
import { deviceRows, type PublicValues } from '../core/device-config.js';
import { sha256Hex } from '../core/digest.js';
import { EspmintError, invalidInput, isEspmintError, warningOf } from '../core/errors/index.js';
import type { FirmwarePart } from '../core/firmware/bundle.js';
import type { AppDescription } from '../core/firmware/image.js';
import { usableHardwareId } from '../core/hardware-id.js';
import { type Mac, parseMac } from '../core/mac.js';
import { decodeNvs, decryptNvs, type NvsRow } from '../core/nvs/index.js';
import type { Partition } from '../core/partition-table.js';
import { parsePsk } from '../core/psk.js';
import { boardValues, type BoardValues } from '../core/values/rows.js';
import { deviceUuid } from '../core/uuid.js';
import type { Board } from '../driver/index.js';
import type { AttemptTimings, ClaimedRow, Reservation, RowClaim } from '../registry/index.js';
import type { Admission } from './admission.js';
import type { ProvisionParts, Try } from './parts.js';
import { attemptFacts, firmwareFacts, firmwareVersionOf } from './attempt-facts.js';
import { type PlacedRegion, placeRegions, regionPart } from './flash/extra-regions.js';
import { requireExpectations, unmetExpectations } from './plan/expectations.js';
import { buildFor, checkOverlaps, surveyAfter } from './flash/firmware-fit.js';
import { keyPart, keyPartitionOf, nvsKeyOf } from './flash/nvs-encryption.js';
import { makeImage } from './flash/nvs-image.js';
import { readFirmware } from './flash/read-firmware.js';
import { checkReadback } from './flash/readback.js';
import { chooseRegion, type ChosenRegion, isSameRegion } from './flash/region.js';
import { requireFree } from './flash/region-content.js';
import { lockedRegion, unprovenWarning } from './flash/unproven.js';
import { isReadAlone, type Neighbour, requireOneValue } from './flash/whole-partition.js';
import { holdsParts, type PartsReport, proveParts, writeParts } from './flash/write-parts.js';

export interface Identity {
  readonly mac: Mac;
  readonly uuid: string;
  /** The chip's own unique id, where it has one that tells it from others. */
  readonly hardwareId?: string | undefined;
}

/** The image of one device, and where it goes. */
export interface DeviceImage {
  readonly image: FlashImage;
  readonly bytes: Uint8Array;
  /** What the bytes mean. */
  readonly rows: readonly NvsRow[];
  /** Of its NVS, where that is encrypted. */
  readonly key: Uint8Array | undefined;
  /** What firmware reads together with them. */
  readonly neighbours: readonly Neighbour[];
  /** All else that the board is to hold. */
  readonly parts: readonly FirmwarePart[];
}

export async function connect({ port, plan, parts, emit, signal }: Try): Promise<Board> {
  const board = await parts.connect(port, {
    expectChip: plan.expectChip,
    baud: plan.baud,
    trustMac: plan.unproven?.mac,
    signal,
    onWarning: (warning) => emit({ type: 'warning', port, ...warning }),
  });
  emit({ type: 'chip', port, facts: board.facts });
  return board;
}

/** Everything that a run writes to one board, and where. */
export interface BoardLayout {
  /** Of the identity. */
  readonly region: ChosenRegion;
  readonly parts: readonly FirmwarePart[];
  readonly extra: readonly PlacedRegion[];
  /** Where the key of an encrypted NVS goes. */
  readonly keys?: Partition | undefined;
  /** The application that starts in the end; absent where there is none that says what it is. */
  readonly app?: AppDescription | undefined;
}

/** Reads what the flash holds and decides on every place: the last chance to refuse before anything is changed. */
export async function inspect({ port, plan, emit, signal }: Try, board: Board): Promise<BoardLayout> {
  if (board.security.flashEncryption) throw new EspmintError('FLASH_ENCRYPTED', { port });
  const { target, firmware, regions = [] } = plan;
  if (board.security.secureDownload) {
    if (firmware === undefined && regions.length === 0)
      return { region: lockedRegion(port, plan), parts: [], extra: [] };
    throw new EspmintError('SECURE_DOWNLOAD', {
      port,
      what: 'the MD5 that would prove firmware and regions',
    });
  }
  const build = firmware && buildFor(port, board, firmware);
  // The table that comes with the firmware counts, and not the one that it replaces.
  const survey = build?.table
    ? surveyAfter(build.table)
    : await board.survey({ tableOffsetBytes: target.tableOffsetBytes, signal });
  const region = chooseRegion(target, { port, survey, flashSizeBytes: board.facts.flashSizeBytes });
  const parts = build?.parts ?? [];
  const isForced = target.force && target.offsetBytes !== undefined;
  const found = isForced && build?.table === undefined ? undefined : region.table;
  const extra = placeRegions(port, regions, found, board.facts.flashSizeBytes);
  const keys = plan.encryption && keyPartitionOf(port, plan.encryption, region.keyPartitions);
  if (plan.encryption !== undefined) requireWhole(port, region);
  checkOverlaps([
    ...extra,
    ...(keys === undefined ? [] : [{ ...keys, name: 'the key of the NVS' }]),
    { name: 'the identity', ...region },
    ...parts.map(({ name, offsetBytes, bytes }) => ({ name, offsetBytes, sizeBytes: bytes.length })),
  ]);
  await requireFree(port, board, region, signal);
  const app = build?.table
    ? build.app
    : (build?.app ?? (found && (await readFirmware(board, found.table, signal))));
  if (app !== undefined) emit({ type: 'firmware', port, app });
  if (plan.expect !== undefined) requireExpectations(port, unmetExpectations(plan.expect, board.facts, app));
  for (const warning of region.warnings) emit({ type: 'warning', port, ...warning });
  return { region, parts, extra, keys, app };
}

/** Where an entry stands in its partition is a part of how it is encrypted. @throws NVS_REGION_SHARED */
function requireWhole(port: string, region: ChosenRegion): void {
  const [partition] = region.shared;
  if (isReadAlone(region)) return;
  const reason = 'an encrypted NVS is one with its partition';
  throw new EspmintError('NVS_REGION_SHARED', { port, partition: partition?.label ?? 'nvs', reason });
}

export function identify({ plan }: Try, board: Board): Identity {
  const mac = parseMac(board.facts.mac);
  const { recipe, namespaceUuid } = plan.identity;
  const hardwareId = usableHardwareId(board.facts.uniqueId);
  return { mac, uuid: plan.given.uuid ?? deviceUuid(mac, recipe, namespaceUuid), hardwareId };
}

/** Asks the batch for a place. Its list of identifiers wins over what was derived. */
export async function admit(
  { parts }: Try,
  identity: Identity,
): Promise<{ readonly identity: Identity; readonly admission: Admission | undefined }> {
  const admission = await parts.admit?.(identity);
  return { identity: { ...identity, uuid: admission?.uuid ?? identity.uuid }, admission };
}

/** Whether the board still holds, byte for byte, what an earlier pass put there, and the firmware that it is to have. */
export async function holdsEarlier(
  run: Try,
  board: Board,
  from: Omit<Ingredients, 'reservation'>,
  earlier: FlashImage,
): Promise<boolean> {
  const { signal } = run;
  const { region, parts, extra } = from.layout;
  // Where other pages count too, only an image that is built anew can be judged together with them.
  if (!isSameRegion(earlier, region) || !isReadAlone(region)) return false;
  const holds = async (): Promise<boolean> => (await board.md5(region, { signal })) === earlier.md5;
  // An answer carries no checksum: that a key is not there is only believed when it is said twice.
  if (!(await holds()) && !(await holds())) return false;
  const values = publicValues(run, board, from);
  const beside = extra.map((placed) => regionPart(run.port, placed, values));
  return holdsParts(board, [...parts, ...beside], signal);
}

/** A board that passes without a reservation may have been denied, removed or exchanged for a clone since. */
export async function screen(run: Try, board: Board, { mac, uuid, hardwareId }: Identity): Promise<void> {
  await run.parts.registry.screen({ mac, uuid, hardwareId, facts: attemptFacts(run, board) });
}

/** The row of this board, durably its own before anything is written to it. */
export async function claimValues(
  { plan, parts, origin, port }: Try,
  { mac, uuid }: Identity,
  { serial, batch, row: reserved, freeRows }: Partial<Admission> = {},
): Promise<BoardValues | undefined> {
  if (plan.values === undefined) return undefined;
  const { list, match, columns } = plan.values;
  if (parts.values === undefined) {
    throw invalidInput(
      `The list of values "${list}" of the profile`,
      'is in a registry, and this run has none',
      'leave --registry none out, or take values out of the profile',
    );
  }
  if (match === 'serial' && serial === undefined) {
    throw new EspmintError('VALUE_ROW_MISSING', {
      list,
      wanted: `the board at ${port}, which has no serial number`,
    });
  }
  if (match === 'batch' && batch === undefined) {
    throw invalidInput(
      `The list of values "${list}" of the profile`,
      'has a row for each batch, and this board is made in none',
      'run it in a batch: espmint station --batch NAME, or choose the batch on the page',
    );
  }
  const request = { list, match, mac, uuid, serial, batch, station: origin.station };
  const row = reserved ?? (await claimRow(parts, request, { scan: plan.given.row, freeRows }));
  const missing = columns.find(({ name }) => !(name in row.stored));
  if (missing !== undefined) throw new EspmintError('VALUE_COLUMNS_DIFFER', { list });
  return boardValues(row.columns, row.stored);
}

/** A code that was scanned is spent by the board that takes its row, and by nothing else. */
async function claimRow(
  { values, scanned }: Pick<ProvisionParts, 'values' | 'scanned'>,
  request: RowClaim,
  { scan: given, freeRows }: { readonly scan: string | undefined } & Pick<Admission, 'freeRows'>,
): Promise<ClaimedRow> {
  const claim = (scan?: string): Promise<ClaimedRow> => {
    if (values === undefined)
      throw new EspmintError('INTERNAL', { reason: 'a claim without lists of values' });
    return values.claim({ ...request, scan });
  };
  try {
    return await claim();
  } catch (error) {
    if (isEspmintError(error, 'VALUE_ROWS_USED_UP') && freeRows !== undefined) {
      await freeRows();
      return await claim();
    }
    const scan = isEspmintError(error, 'VALUE_ROW_NOT_SCANNED') ? (given ?? scanned?.take()) : undefined;
    if (scan === undefined) throw error;
    try {
      return await claim(scan);
    } catch (failure) {
      if (!isEspmintError(failure, 'VALUE_ROW_MISSING')) scanned?.putBack(scan);
      throw failure;
    }
  }
}

/** From here on the key is stored durably: flash may hold it. */
export async function reserve(
  run: Try,
  board: Board,
  { mac, uuid, hardwareId }: Identity,
  { admission, app }: { readonly admission: Admission | undefined; readonly app: AppDescription | undefined },
): Promise<Reservation> {
  const { port, plan, parts, emit } = run;
  const { caUrl, wifi, hardwareRevision, location, known, given } = plan;
  const reservation = await parts.registry.reserve({
    mac,
    uuid,
    hardwareId,
    psk: given.psk ?? admission?.psk,
    caUrl,
    wifiSsid: wifi?.ssid,
    firmwareVersion: firmwareVersionOf(plan, app),
    hardwareRevision,
    location,
    policy: known,
    facts: { ...attemptFacts(run, board), firmware: firmwareFacts(plan, app) },
  });
  emit({ type: 'identity', port, mac, uuid, known: reservation.known });
  return reservation;
}

/** What the image is made of: all that is known of one board before it is written. */
export interface Ingredients {
  readonly identity: Identity;
  readonly reservation: Reservation;
  readonly layout: BoardLayout;
  readonly serial: string | undefined;
  /** Of its row in the list of values. */
  readonly own: BoardValues | undefined;
}

function publicValues(
  { plan }: Try,
  board: Board,
  { identity, layout, serial, own }: Omit<Ingredients, 'reservation'>,
): PublicValues {
  const { caUrl, wifi, wifiPlan, hardwareRevision } = plan;
  const firmwareVersion = firmwareVersionOf(plan, layout.app);
  const { chip } = board.facts;
  return { ...identity, chip, caUrl, wifi, wifiPlan, firmwareVersion, hardwareRevision, serial, own };
}

export async function buildImage(run: Try, board: Board, from: Ingredients): Promise<DeviceImage> {
  const { port, plan, parts, emit, signal } = run;
  const { layout } = plan;
  const { region, parts: firmware, extra, keys } = from.layout;
  const psk = parsePsk(from.reservation.psk);
  const values = { ...publicValues(run, board, from), psk };
  const rows = deviceRows(values, layout);
  const key = nvsKeyOf(plan.encryption, psk, from.own);
  const image = await makeImage({ port, board, region, rows, layout, key, keys, signal });
  const { bytes, plain, md5, changes } = image;
  if (changes !== undefined) emit({ type: 'nvs', port, mode: layout.mode, ...changes });
  if (changes !== undefined && changes.lost.length > 0) {
    emit({ type: 'warning', port, ...warningOf('NVS_VALUES_LOST', { port, lost: changes.lost }) });
  }
  await parts.crossCheck?.(plain);
  const meant = layout.mode === 'merge' ? decodeNvs(plain).values : rows;
  const neighbours = await requireOneValue({ port, board, region, image: plain, rows: meant, signal });
  const { offsetBytes, sizeBytes } = region;
  const beside = extra.map((placed) => regionPart(port, placed, values, key));
  if (keys !== undefined && key !== undefined) beside.push(keyPart(keys, key));
  return {
    image: { offsetBytes, sizeBytes, md5, sha256: sha256Hex(bytes) },
    bytes,
    rows: meant,
    key,
    neighbours,
    parts: [...firmware, ...beside],
  };
}

/** Before the first erase: by its digest a later look at the flash tells whether the key is on the chip. */
export async function noteImage({ parts }: Try, { id }: Reservation, { image }: DeviceImage): Promise<void> {
  await parts.registry.built(id, image);
}

export function write({ port, emit, signal }: Try, board: Board, built: DeviceImage): Promise<PartsReport> {
  let last = -1;
  const onProgress = (doneBytes: number, totalBytes: number): void => {
    const percent = Math.floor((100 * doneBytes) / totalBytes);
    if (percent <= last) return;
    last = percent;
    emit({ type: 'progress', port, stage: 'write', percent, doneBytes, totalBytes });
  };
  const identity = { offsetBytes: built.image.offsetBytes, image: built.bytes };
  return writeParts({ board, parts: built.parts, identity, signal, onProgress });
}

/**
 * The chip's own MD5 over each whole region against its image: the proof that everything else rests on. The identity comes
 * last. A plan may ask for a second proof of that: the region's bytes, decoded.
 * @param after the write that came just before: its last answer may have been that MD5
 */
export async function verify(
  { port, plan, emit, signal }: Try,
  board: Board,
  built: DeviceImage,
  after: PartsReport,
): Promise<void> {
  const { bytes, rows, key, neighbours } = built;
  const { offsetBytes, sizeBytes } = built.image;
  if (board.security.secureDownload) {
    emit(unprovenWarning(port));
    return;
  }
  await proveParts(board, after.written, signal);
  await board.verifyRegion({ offsetBytes, image: bytes }, { after: after.identity, signal });
  for (const { offsetBytes: at, bytes: before } of neighbours)
    await board.verifyRegion({ offsetBytes: at, image: before }, { signal });
  if (plan.verify !== 'readback') return;
  const read = await board.readFlash({ offsetBytes, sizeBytes }, { signal });
  checkReadback(port, rows, key === undefined ? read : decryptNvs(read, key));
}

/** The board's firmware starts, so that it leaves the fixture as it will be used. */
export async function reset(board: Board): Promise<void> {
  await board.reset();
}

/** What a board holds at the end, and what its run has to settle. */
export interface Outcome {
  readonly identity: Identity;
  readonly chip: string;
  readonly image: FlashImage;
  /** Absent where nothing had to be written. */
  readonly reservation: Reservation | undefined;
  readonly timings: AttemptTimings | undefined;
  readonly admission: Admission | undefined;
}

/** The registry first: a unit that its batch counts is in the registry with its key. */
export async function confirm({ parts }: Try, outcome: Outcome): Promise<void> {
  const { identity, chip, image, reservation, timings, admission } = outcome;
  if (reservation !== undefined) await parts.registry.confirm(reservation.id, { image, ...timings });
  await admission?.passed({ uuid: identity.uuid, chip, image });
}
