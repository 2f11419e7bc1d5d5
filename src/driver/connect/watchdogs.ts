// A reset over the chip's own USB leaves its watchdogs running: without this they reset the board in mid-work.
import type { ChipSpec } from '../../core/chips/index.js';
import type { Loader } from '../protocol/loader.js';

const UNLOCK_NONE = 0;

/** Turns the RTC watchdog off and lets the super watchdog feed itself, each behind its write protection. */
export async function calmWatchdogs(loader: Loader, { watchdogs }: ChipSpec): Promise<void> {
  if (watchdogs === undefined) return;
  const { config, writeProtect, writeKey, superConfig, superWriteProtect, superWriteKey, superAutoFeed } =
    watchdogs;
  await loader.writeRegisters([
    { address: writeProtect, value: writeKey },
    { address: config, value: 0 },
    { address: writeProtect, value: UNLOCK_NONE },
    { address: superWriteProtect, value: superWriteKey },
    { address: superConfig, value: superAutoFeed, mask: superAutoFeed },
    { address: superWriteProtect, value: UNLOCK_NONE },
  ]);
}
