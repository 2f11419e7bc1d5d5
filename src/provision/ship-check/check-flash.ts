// What a board holds beside its identity, compared with its profile: firmware, regions, and values that must not be there.
import { forbiddenValues } from '../../core/absent-values.js';
import { regionRows, type PublicValues } from '../../core/device-config.js';
import type { FirmwarePart } from '../../core/firmware/bundle.js';
import { DATA_SUBTYPE, PARTITION_TYPE, type PartitionTable } from '../../core/partition-table.js';
import { placeRegions, regionPart } from '../flash/extra-regions.js';
import { buildFor } from '../flash/firmware-fit.js';
import { overlap } from '../flash/region.js';
import { holdsParts } from '../flash/write-parts.js';
import { unmetExpectations } from '../plan/expectations.js';
import { orDifference, readNvs, type BoardFlashContent } from './board-flash.js';
import { compareRows } from './check-identity.js';
import { AGAIN, type Check } from './check-parts.js';

export async function checkFirmware(check: Check, { found, app }: BoardFlashContent): Promise<void> {
  const { port, plan, board, note } = check;
  const { expect, firmware } = plan;
  for (const { what, wanted, found: has } of expect === undefined
    ? []
    : unmetExpectations(expect, board.facts, app)) {
    const remedy =
      what === 'firmware version' ? 'Flash the firmware that the profile expects' : 'Put the board aside';
    note('firmware', `The profile expects ${what} ${wanted}, and the board has ${has}`, remedy);
  }
  const build = firmware && (await orDifference(() => buildFor(port, board, firmware), check.add));
  if (firmware === undefined || build === undefined) return;
  const name = `${firmware.name} ${firmware.version}`;
  for (const part of build.parts) {
    const place = { offsetBytes: part.offsetBytes, sizeBytes: part.bytes.length };
    if (found !== undefined && isChangedByFirmware(found.table, place)) continue;
    if (!(await holds(check, part)))
      note('firmware', `${part.name} is not as in the firmware ${name}`, AGAIN);
  }
  if (build.app !== undefined && app !== undefined && app.elfSha256 !== build.app.elfSha256)
    note(
      'firmware',
      `The board starts ${app.project} ${app.version}, another application than that of the firmware ${name}`,
      AGAIN,
    );
}

export async function checkRegions(
  check: Check,
  { found, key }: BoardFlashContent,
  values: PublicValues,
): Promise<void> {
  const { port, board, plan, signal, note } = check;
  const { regions = [] } = plan;
  const placed =
    (await orDifference(() => placeRegions(port, regions, found, board.facts.flashSizeBytes), check.add)) ??
    [];
  for (const one of placed) {
    if (one.of.nvs === undefined) {
      const isThere = await holds(check, regionPart(port, one, values));
      if (!isThere) note('region', `${one.name} does not hold what the profile says`, AGAIN);
      continue;
    }
    const { offsetBytes, sizeBytes } = one;
    const content = await readNvs(board, one.name, { offsetBytes, sizeBytes }, signal, key);
    if (content.decoded.looksEncrypted)
      note(
        'unreadable',
        `${one.name} is encrypted, so it cannot be compared`,
        'Check the board before its firmware encrypts it',
      );
    else compareRows(check, content, regionRows(values, one.of.nvs), 'region');
  }
}

/** An answer carries no checksum: that a part is not there is only believed when it is said twice. */
async function holds({ board, signal }: Check, part: FirmwarePart): Promise<boolean> {
  return (await holdsParts(board, [part], signal)) || holdsParts(board, [part], signal);
}

/** What no board may leave with, in any of its NVS partitions. */
export function checkForbidden({ plan, note }: Check, { nvs, home }: BoardFlashContent): void {
  const { absent = [] } = plan.ship ?? {};
  if (absent.length === 0) return;
  for (const { name, decoded } of nvs) {
    if (decoded.looksEncrypted) {
      // Of the identity's own place this stands in the list already.
      if (name !== home?.name)
        note(
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
      note(
        'forbidden',
        `${value} (${name}) ${how}, and the profile says that no board may leave with it`,
        'Erase that partition, then run the board through provisioning again',
      );
    }
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
