// What an upload into RAM runs as. No code is executed: a program is recognised by where it starts.
import type { Machine } from '../machine.js';
import type { Next } from '../steps.js';
import type { Segment } from './memory-commands.js';
import { Stub } from './stub.js';

/** The ROMs of these chips run nothing from RAM while secure boot is on. */
const REFUSE_WITH_SECURE_BOOT = ['esp32c3', 'esp32s3'];

/**
 * An entry point inside what was uploaded is a flasher stub: that is what loaders upload. Anywhere else it leads into
 * nothing. Undefined: the ROM stays in charge.
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
  const isInside = segments.some(({ start, bytes }) => entry >= start && entry < start + bytes.length);
  return isInside ? new Stub(machine, launchFromRam) : 'halt';
}
