// Settles the reservations that a crash has left open, by what the flash of their board holds.
import type { FlashImage } from '../core/flash-image.js';
import { isEspmintError, warningOf } from '../core/errors/index.js';
import type { Identity } from './steps.js';
import type { Try } from './parts.js';

/**
 * Confirms the newest open attempt of this device whose image is on the chip, byte for byte.
 *
 * @param holds whether the chip holds these bytes
 * @returns that image, or undefined when there is none, or the registry cannot tell
 */
export async function settleOpen(
  run: Try,
  { mac, uuid, hardwareId }: Identity,
  holds: (image: FlashImage) => Promise<boolean>,
): Promise<FlashImage | undefined> {
  const { registry } = run.parts;
  const history = await registry.show({ mac }).catch((error: unknown) => {
    // A new board; or the registry is away, and then the journal decides what to flash.
    if (isEspmintError(error, 'DEVICE_UNKNOWN')) return undefined;
    if (isEspmintError(error, 'REGISTRY_UNREACHABLE') || isEspmintError(error, 'REGISTRY_TIMEOUT'))
      return undefined;
    throw error;
  });
  // Another identity is a conflict, and a removed device stays removed: the reservation reports them.
  if (history?.uuid !== uuid || history.status === 'removed') return undefined;
  if (history.hardwareId !== undefined && history.hardwareId !== hardwareId) return undefined;
  for (const attempt of history.attempts) {
    const { id, outcome, image, startedAt } = attempt;
    if (outcome !== 'open' || image === undefined || !(await holds(image))) continue;
    await registry.confirm(id, { image });
    run.emit({ type: 'warning', port: run.port, ...warningOf('RESERVATION_SETTLED', { mac, startedAt }) });
    return image;
  }
  return undefined;
}
