// Reads the flash of boards as only a virtual one allows it, and holds it against registry, batch and passes.
import { sha256Hex } from '../../src/core/digest.js';
import { decodeNvs } from '../../src/core/nvs/index.js';
import type { VirtualBoard } from '../../src/virtual/index.js';
import { BATCH, type ChaosLine } from './chaos-line.js';
import type { ChaosUnit } from './chaos-units.js';

const REGION = { offsetBytes: 0x9000, sizeBytes: 0x10000 };

export interface FlashState {
  readonly mac: string;
  readonly imageSha256: string;
  /** Of everything outside the region. */
  readonly restSha256: string;
  /** What the region tells, as far as it can be read. */
  readonly uuid: string | undefined;
  readonly psk: string | undefined;
}

export function readFlash(board: VirtualBoard, { offsetBytes, sizeBytes } = REGION): FlashState {
  const bytes = board.flash.read(offsetBytes, sizeBytes);
  const { values } = decodeNvs(bytes);
  const text = (key: string): string | undefined => {
    const found = values.find((value) => value.key === key);
    return found === undefined ? undefined : String(found.value);
  };
  const rest = board.flash
    .read(0, board.flash.sizeBytes)
    .slice()
    .fill(0, offsetBytes, offsetBytes + sizeBytes);
  return {
    mac: board.mac,
    imageSha256: sha256Hex(bytes),
    restSha256: sha256Hex(rest),
    uuid: text('global_uuid'),
    psk: text('psk_secret'),
  };
}

/**
 * @param lastPassed by MAC, whether its last run passed
 * @returns what does not hold, a line each
 */
export async function checkUnits(
  line: ChaosLine,
  units: readonly ChaosUnit[],
  lastPassed: ReadonlyMap<string, boolean>,
): Promise<string[]> {
  const broken: string[] = [];
  const rest = units.at(-1)?.final?.restSha256;
  for (const { number, final } of units) {
    if (final === undefined) broken.push(`board ${number} was never put away`);
    else {
      if (final.restSha256 !== rest) broken.push(`board ${number} is changed outside its region`);
      broken.push(...(await checkKey(line, final)));
      if (lastPassed.get(final.mac) === true) broken.push(...(await checkPass(line, final)));
    }
  }
  return [...broken, ...(await checkBatch(line, units, lastPassed))];
}

/** Whatever key is on a chip, the registry has it: under the name beside it, or the chip's where that is damaged. */
async function checkKey({ registry }: ChaosLine, { mac, uuid, psk }: FlashState): Promise<string[]> {
  if (psk === undefined) return [];
  const device = await registry.find(uuid === undefined ? { mac } : { uuid });
  const known =
    device === undefined ? undefined : await registry.reveal(device.mac, 'checked after the shift');
  if (known === psk) return [];
  return [`the key on ${mac} beside ${uuid} is not in the registry (${device?.status ?? 'no device'})`];
}

/** Who passed last holds the image that the registry says. */
async function checkPass({ registry }: ChaosLine, final: FlashState): Promise<string[]> {
  const { status, attempts } = await registry.show({ mac: final.mac });
  const proven = attempts.find(({ outcome }) => outcome === 'passed');
  if (status === 'provisioned' && proven?.image?.sha256 === final.imageSha256) return [];
  return [`${final.mac} passed, and the registry (${status}) says another image than its flash`];
}

async function checkBatch(
  { production }: ChaosLine,
  units: readonly ChaosUnit[],
  lastPassed: ReadonlyMap<string, boolean>,
): Promise<string[]> {
  const { counts } = await production.batches.get(BATCH);
  const counted = (await production.batches.units(BATCH)).filter(({ state }) => state === 'passed');
  const flashes = new Map(units.flatMap(({ final }) => (final === undefined ? [] : [[final.mac, final]])));
  const passed = [...lastPassed].filter(([, isPassed]) => isPassed).map(([mac]) => mac);
  const countedMacs = new Set(counted.map(({ mac }) => mac));
  const broken = passed
    .filter((mac) => !countedMacs.has(mac))
    .map((mac) => `${mac} passed and is not counted`);
  if (countedMacs.size !== counted.length) broken.push('a board is counted twice');
  if (counts.passed !== counted.length)
    broken.push(`the batch counts ${counts.passed} of ${counted.length} units`);
  for (const { mac, image } of counted) {
    const flash = flashes.get(mac);
    if (flash !== undefined && flash.imageSha256 !== image?.sha256)
      broken.push(`${mac} is counted with an image that its flash does not hold`);
  }
  return broken;
}
