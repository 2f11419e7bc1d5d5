// How DTR and RTS bring a chip into its loader, and out of it.
//
// The auto-reset circuit of most boards: EN is pulled low by RTS alone, IO0 by DTR alone; with both or neither asserted
// both pins are high. A chip samples IO0 when EN rises: low means loader. (ESP32 hardware design guidelines; the same
// circuit is behind rfc2217:// servers.) The USB-Serial/JTAG controller reacts to the lines itself, in its own order.
import type { Link, ModemLines } from '../link/transport.js';
import { sleep } from '../wait.js';
import type { ChipSpec } from '../../core/chips/index.js';
import type { Loader } from '../protocol/loader.js';

const RELEASED: ModemLines = { dtr: false, rts: false };
const BOTH: ModemLines = { dtr: true, rts: true };
const EN_LOW: ModemLines = { dtr: false, rts: true };
const IO0_LOW: ModemLines = { dtr: true, rts: false };

type Step =
  | { readonly lines: ModemLines }
  | { readonly waitMs: number }
  /** As long as the lines must stay as they are: until the chip says that it is in its loader, or this long. */
  | { readonly holdMs: number };

/** One way into the loader. */
export interface ResetSequence {
  readonly name: string;
  readonly steps: readonly Step[];
}

const set = (lines: ModemLines): Step => ({ lines });
const wait = (waitMs: number): Step => ({ waitMs });
const hold = (holdMs: number): Step => ({ holdMs });

/** EN needs 5 ms low; its capacitor on slow boards wants more, which the later sequences give. */
const EN_PULSE_MS = 20;
const EN_LONG_PULSE_MS = 100;

/**
 * Both lines change in one step, walking through (1,1) so that the circuit never sees a stray EN pulse.
 * @param holdMs how long IO0 stays low after EN was released: EN rises slowly on boards with a large capacitor.
 */
const tight = (name: string, pulseMs: number, holdMs: number): ResetSequence => ({
  name,
  steps: [set(RELEASED), set(BOTH), set(EN_LOW), wait(pulseMs), set(IO0_LOW), hold(holdMs), set(RELEASED)],
});

/** For adapters that change one line at a time whatever is asked: the order of the single changes is fixed here. */
const classic = (name: string, holdMs: number): ResetSequence => ({
  name,
  // It begins with EN low, not with a release: servers that reset for the client take a released RTS for a hard reset.
  steps: [set(EN_LOW), wait(EN_LONG_PULSE_MS), set(BOTH), set(IO0_LOW), hold(holdMs), set(RELEASED)],
});

const IO0_HOLD_MS = 50;
const IO0_LONG_HOLD_MS = 550;

const TIGHT = tight('tight', EN_PULSE_MS, IO0_HOLD_MS);
const TIGHT_SLOW_EN = tight('tight, slow EN', EN_LONG_PULSE_MS, IO0_LONG_HOLD_MS);
const CLASSIC = classic('classic', IO0_HOLD_MS);
const CLASSIC_SLOW_EN = classic('classic, slow EN', IO0_LONG_HOLD_MS);

const USB_PHASE_MS = 100;

/** USB-Serial/JTAG: DTR first marks "loader", then RTS resets; never through (0,0) in between. */
const USB: ResetSequence = {
  name: 'usb-serial-jtag',
  steps: [
    set(RELEASED),
    wait(USB_PHASE_MS),
    set(IO0_LOW),
    wait(USB_PHASE_MS),
    set(BOTH),
    set(EN_LOW),
    wait(USB_PHASE_MS),
    set(RELEASED),
  ],
};

/** The ways into the loader that suit a link, in the order in which they are tried; none where it has no lines. */
export function sequencesFor(link: Link): readonly ResetSequence[] {
  if (!link.hasModemLines) return [];
  if (link.isNativeUsb === true) return [USB, CLASSIC];
  if (link.linesAreSlow === true) return [CLASSIC, CLASSIC_SLOW_EN];
  return [TIGHT, CLASSIC, TIGHT_SLOW_EN, CLASSIC_SLOW_EN];
}

/** Out of the loader: EN low with IO0 high. */
const HARD_RESET: ResetSequence = { name: 'hard', steps: [set(EN_LOW), hold(EN_PULSE_MS), set(RELEASED)] };
/** The USB device leaves the bus while reset is held. */
const USB_HARD_RESET: ResetSequence = {
  name: 'hard over USB',
  steps: [set(EN_LOW), hold(2 * USB_PHASE_MS), set(RELEASED), wait(2 * USB_PHASE_MS)],
};

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Waits until the chip speaks, or that long. */
  readonly untilReady?: (timeoutMs: number) => Promise<void>;
}

/** Runs one sequence; a link without lines ignores it. */
export async function runSequence(
  link: Link,
  { steps }: ResetSequence,
  options: RunOptions = {},
): Promise<void> {
  const { signal, untilReady = (ms: number): Promise<void> => sleep(ms, signal) } = options;
  for (const step of steps) {
    if ('lines' in step) await link.setLines(step.lines);
    else if ('waitMs' in step) await sleep(step.waitMs, signal);
    else await untilReady(step.holdMs);
  }
}

/**
 * Starts the application.
 * @param whileHeld is done while the chip stands still, before it can say its first word.
 */
export async function hardReset(
  link: Link,
  whileHeld: () => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const untilReady = async (holdMs: number): Promise<void> => {
    await Promise.all([sleep(holdMs, signal), whileHeld()]);
  };
  await runSequence(link, link.isNativeUsb === true ? USB_HARD_RESET : HARD_RESET, { signal, untilReady });
}

// A reset over the chip's own USB leaves its watchdogs running: without this they reset the board in mid-work.

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
