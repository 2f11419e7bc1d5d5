// The stages of one try, each from what the stages before it found. Order and reporting are in provision-device.ts.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { deviceRows } from '../core/device-config.js';
import { EspmintError } from '../core/errors/index.js';
import { parseMac, type Mac } from '../core/mac.js';
import { encodeNvs } from '../core/nvs/index.js';
import { parsePsk } from '../core/psk.js';
import { deviceUuid } from '../core/uuid.js';
import type { Board } from '../driver/index.js';
import type { Reservation } from '../registry/index.js';
import { chooseRegion, type Region } from './region.js';
import type { Try } from './try.js';

export interface Identity {
  readonly mac: Mac;
  readonly uuid: string;
}

/** The image of one device, and where it goes. */
export interface DeviceImage {
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
  /** Lower-case hex. */
  readonly sha256: string;
}

export async function connect({ port, plan, parts, emit, signal }: Try): Promise<Board> {
  const board = await parts.connect(port, {
    expectChip: plan.expectChip,
    baud: plan.baud,
    signal,
    onWarning: (code, message) => emit({ type: 'warning', port, code, message }),
  });
  emit({ type: 'chip', port, facts: board.facts });
  return board;
}

/** Reads what the flash holds and decides on the region: the last chance to refuse before anything is changed. */
export async function inspect({ port, plan, emit }: Try, board: Board): Promise<Region> {
  if (board.security.flashEncryption) throw new EspmintError('FLASH_ENCRYPTED', { port });
  const table = await board.readPartitionTable();
  const { warnings, ...region } = chooseRegion(plan.target, {
    port,
    table,
    flashSizeBytes: board.facts.flashSizeBytes,
  });
  for (const { code, message } of warnings) emit({ type: 'warning', port, code, message });
  return region;
}

export function identify({ plan }: Try, board: Board): Identity {
  const mac = parseMac(board.facts.mac);
  const { recipe, namespaceUuid } = plan.identity;
  return { mac, uuid: plan.given.uuid ?? deviceUuid(mac, recipe, namespaceUuid) };
}

/** From here on the key is stored durably: flash may hold it. */
export async function reserve(
  { port, plan, parts, emit }: Try,
  { mac, uuid }: Identity,
): Promise<Reservation> {
  const { caUrl, wifi, firmwareVersion, hardwareRevision, location, known, given } = plan;
  const reservation = await parts.registry.reserve({
    mac,
    uuid,
    psk: given.psk,
    caUrl,
    wifiSsid: wifi?.ssid,
    firmwareVersion,
    hardwareRevision,
    location,
    policy: known,
  });
  emit({ type: 'identity', port, mac, uuid, known: reservation.known });
  return reservation;
}

export function buildImage(
  { plan }: Try,
  board: Board,
  identity: Identity,
  reservation: Reservation,
  region: Region,
): DeviceImage {
  const { caUrl, wifi, firmwareVersion, hardwareRevision } = plan;
  const psk = parsePsk(reservation.psk);
  const values = { ...identity, psk, chip: board.facts.chip, caUrl, wifi, firmwareVersion, hardwareRevision };
  const bytes = encodeNvs(deviceRows(values, plan.layout), region.sizeBytes);
  return { offsetBytes: region.offsetBytes, bytes, sha256: bytesToHex(sha256(bytes)) };
}

export async function write({ port, emit, signal }: Try, board: Board, image: DeviceImage): Promise<void> {
  const onProgress = (percent: number): void => emit({ type: 'progress', port, stage: 'write', percent });
  await board.writeRegion({ offsetBytes: image.offsetBytes, image: image.bytes }, { onProgress, signal });
}

/** The chip's own MD5 over the whole region against the image: the proof that everything else rests on. */
export async function verify({ signal }: Try, board: Board, image: DeviceImage): Promise<void> {
  await board.verifyRegion({ offsetBytes: image.offsetBytes, image: image.bytes }, { signal });
}

/** The board's firmware starts, so that it leaves the fixture as it will be used. */
export async function reset(board: Board): Promise<void> {
  await board.reset();
}

export async function confirm({ parts }: Try, { id }: Reservation, image: DeviceImage): Promise<void> {
  await parts.registry.confirm(id, { imageSha256: image.sha256 });
}
