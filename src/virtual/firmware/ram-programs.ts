// What an upload into RAM runs as. No code is executed: a program is recognised by where it starts.
import type { Machine } from '../machine.js';
import type { Next } from '../steps.js';
import { Stub } from './stub.js';
import type { Segment } from './stub-memory.js';

/** The ROMs of these chips run nothing from RAM while secure boot is on. */
const REFUSE_WITH_SECURE_BOOT = ['esp32c3', 'esp32s3'];

/** The largest flasher stub known has 18 KB. What is larger than this is some other program. */
const MAX_STUB_BYTES = 0x8000;

/**
 * An entry point inside what was uploaded is a flasher stub, unless it is too large for one: that is what loaders upload.
 * Any other program runs unseen, as one that prints nothing: until the next reset nobody answers. Undefined: the ROM
 * stays in charge.
 */
export function launchFromRam(
  machine: Machine,
  entry: number,
  segments: readonly Segment[],
): Next | undefined {
  if (machine.identity.security.secureBoot && REFUSE_WITH_SECURE_BOOT.includes(machine.spec.name))
    return undefined;
  return launchAnyway(machine, entry, segments);
}

/** Past the check: as through a function pointer of the ROM that was turned to the entry point. */
export function launchAnyway(machine: Machine, entry: number, segments: readonly Segment[]): Next {
  const isInside = segments.some(({ start, sizeBytes }) => entry >= start && entry < start + sizeBytes);
  const size = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return isInside && size <= MAX_STUB_BYTES ? new Stub(machine, launchFromRam) : 'halt';
}
