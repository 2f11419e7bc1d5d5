// Boards in Secure Download Mode: their ROM writes but proves nothing, so that only what the firmware prints can.
import { EspmintError, warningOf, invalidInput } from '../../core/errors/index.js';
import { EMPTY_SURVEY } from '../../core/flash-survey.js';
import type { ProvisionEvent } from '../../core/stages.js';
import type { BootReport } from '../../driver/index.js';
import type { ProvisionPlan } from '../plan/plan.js';
import { chooseRegion, type ChosenRegion } from './region.js';

/**
 * The region of a board that shows no partition table: the one that was given, whole. Nothing is guessed, since a guess
 * that is too large would erase the application.
 * @throws SECURE_DOWNLOAD, INPUT_INVALID, REGION_INVALID
 */
export function lockedRegion(port: string, { target, verify }: ProvisionPlan): ChosenRegion {
  if (verify === 'readback') throw new EspmintError('SECURE_DOWNLOAD', { port, what: '--verify readback' });
  if (target.offsetBytes === undefined || target.sizeBytes === undefined) {
    throw invalidInput(
      '--allow-unproven',
      'is for a board that shows no partition table, and the region is not given',
      'give --offset and --size of its NVS partition, or target.offset and target.size in the profile',
    );
  }
  return chooseRegion(target, { port, survey: EMPTY_SURVEY, flashSizeBytes: 0 });
}

export function unprovenWarning(port: string): ProvisionEvent {
  return { type: 'warning', port, ...warningOf('WRITE_NOT_PROVEN', { port }) };
}

/** What is known of a device whose firmware is to show that the image arrived. */
export interface Claim {
  readonly port: string;
  readonly uuid: string;
  /** It had an image before: the firmware may be printing that one's UUID. */
  readonly known: boolean;
}

/**
 * The firmware's own word for it: a new device that prints its UUID read it from the image that was written.
 * @param log of the boot check; undefined where the profile has none.
 * @throws WRITTEN_UNPROVEN
 */
export function requireBootProof({ port, uuid, known }: Claim, log: BootReport | undefined): void {
  const refuse = (reason: string): EspmintError => new EspmintError('WRITTEN_UNPROVEN', { port, reason });
  if (log === undefined) throw refuse('and the profile has no boot check');
  const prints = [...log.lines, log.line].some((line) => line.toLowerCase().includes(uuid));
  if (!prints) throw refuse('and the firmware did not print its UUID');
  if (known) throw refuse('and its UUID was on it before, so that the firmware prints it either way');
}
