// Whether a board contradicts what is registered (a clone, a name that is taken), and the error that stops it. Needs no database.
import type { Conflict, ConflictCode, ConflictSide } from '../../core/conflict.js';
import { EspmintError } from '../../core/errors/index.js';
import { usableHardwareId } from '../../core/hardware-id.js';
import type { BoardNames, DeviceHistory, DeviceRecord } from '../registry.js';
import { type AttemptFacts, storableFacts } from '../devices/attempt-facts.js';

/** A contradiction, and the device on the other side of it. */
export interface Contradiction<D extends BoardNames = DeviceRecord> {
  readonly code: ConflictCode;
  readonly holder: D;
}

/** The names alone, with a chip id only where it tells one chip from another. */
export function namesOf({ mac, uuid, hardwareId }: BoardNames): BoardNames {
  return { mac, uuid, hardwareId: usableHardwareId(hardwareId) };
}

/**
 * The silicon comes first: a MAC can be forged and a UUID follows from it, a burnt chip id is hard to come by twice.
 *
 * @param holders the devices that have the MAC, the UUID or the chip id of the board
 */
export function findContradiction<D extends BoardNames>(
  board: BoardNames,
  holders: readonly D[],
): Contradiction<D> | undefined {
  const { mac, uuid, hardwareId } = namesOf(board);
  // A chip that had an id has it for ever: a board that tells none under its MAC is another one, or hides it.
  const differs = (other: string | undefined): boolean => other !== undefined && other !== hardwareId;
  const tests: readonly (readonly [ConflictCode, (device: D) => boolean])[] = [
    ['CLONE_SUSPECTED', (device) => device.mac === mac && differs(device.hardwareId)],
    [
      'HARDWARE_ID_TAKEN',
      (device) => device.mac !== mac && hardwareId !== undefined && device.hardwareId === hardwareId,
    ],
    ['UUID_TAKEN', (device) => device.uuid === uuid && device.mac !== mac],
    ['MAC_TAKEN', (device) => device.mac === mac && device.uuid !== uuid],
  ];
  for (const [code, test] of tests) {
    const holder = holders.find(test);
    if (holder !== undefined) return { code, holder };
  }
  return undefined;
}

/** The error of a contradiction, with both histories in its details. */
export function conflictError(conflict: Conflict): EspmintError {
  const { code, refused, registered } = conflict;
  const { mac, uuid, hardwareId = '' } = refused;
  switch (code) {
    case 'CLONE_SUSPECTED':
      return new EspmintError(code, {
        mac,
        uuid,
        hardwareId,
        holder: registered.hardwareId ?? '',
        conflict,
      });
    case 'HARDWARE_ID_TAKEN':
      return new EspmintError(code, {
        hardwareId,
        mac,
        uuid,
        holder: registered.mac,
        conflict,
      });
    case 'UUID_TAKEN':
      return new EspmintError(code, { uuid, mac, holder: registered.mac, conflict });
    case 'MAC_TAKEN':
      return new EspmintError(code, { mac, uuid, holder: registered.uuid, conflict });
  }
}

/** A device's side from its whole history. */
export function sideOf({
  mac,
  uuid,
  hardwareId,
  status,
  location,
  provisionedAt,
  attempts: [last],
}: DeviceHistory): ConflictSide {
  const lastAttempt = last && {
    startedAt: last.startedAt,
    outcome: last.outcome,
    stage: last.stage,
    code: last.code,
  };
  return { mac, uuid, hardwareId, status, location, provisionedAt, lastAttempt };
}

/** Facts of an attempt by name, for people. No secret in them. */
export function factsOf(facts: AttemptFacts | undefined): Record<string, string> {
  const { station, slot, port, toolVersion, batch, profile, chip } = storableFacts(facts);
  const named = {
    station,
    slot: slot?.toString(),
    port,
    batch,
    profile: profile && `${profile.name} version ${profile.version}`,
    chip: chip && `${chip.description} ${chip.revision}`,
    espmint: toolVersion,
  };
  const given = Object.entries(named).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return Object.fromEntries(given);
}
