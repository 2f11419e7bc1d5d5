// How firmware runs: as a generator of steps, so that time, reset and power loss can come between any two of them.
/** What the time of a step is spent on; the ledger keeps them apart. */
export type TimeSpentOn = 'boot' | 'erase' | 'program' | 'md5' | 'command';

export type Step =
  /** Hands bytes to the UART and goes on. */
  | { readonly do: 'send'; readonly bytes: Uint8Array }
  /** The CPU or the flash is busy. */
  | { readonly do: 'busy'; readonly ms: number; readonly on: TimeSpentOn }
  /** Waits for the next whole frame; it becomes the value of `yield`. */
  | { readonly do: 'receive' }
  /** Waits until the last byte has left the UART, then sets its rate. */
  | { readonly do: 'set-baud'; readonly baud: number };

/** Steps of some work; a `receive` gives its frame back. */
export type Steps<Result = void> = Generator<Step, Result, Uint8Array>;

/**
 * What the chip does when a program ends by itself: another program; a reset by software, which leaves the boot mode as
 * the pins said last; what is in flash, without a reset; or nothing.
 */
export type Next = Firmware | 'reset' | 'run' | 'halt';

/** Cuts what comes in into pieces for the program. */
interface FrameDecoder {
  push(bytes: Uint8Array): Uint8Array[];
}

/** A program of the chip: the ROM loader, the stub, an application. */
export interface Firmware {
  /** Finds frames in what comes in; undefined where the program does not listen. */
  readonly decoder?: FrameDecoder;
  /** Whole frames that it can hold before it takes one up; more are lost. */
  readonly frameBuffers: number;
  run(): Steps<Next>;
}

export const send = (bytes: Uint8Array): Step => ({ do: 'send', bytes });
export const busy = (ms: number, on: TimeSpentOn): Step => ({ do: 'busy', ms, on });
export const receive: Step = { do: 'receive' };
export const setBaud = (baud: number): Step => ({ do: 'set-baud', baud });

/** Lines of a log. */
export function* print(lines: readonly string[]): Steps {
  for (const line of lines) yield send(new TextEncoder().encode(`${line}\r\n`));
}
