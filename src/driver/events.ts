// What the driver tells while it works: for a log, a progress line or a test. No event carries a secret.
import type { ChipFacts } from '../core/stages.js';

export type DriverEvent =
  /** A reset sequence is being tried; `attempt` counts from 1. */
  | { readonly type: 'reset'; readonly sequence: string; readonly attempt: number }
  | { readonly type: 'chip'; readonly facts: ChipFacts }
  | { readonly type: 'baud'; readonly baud: number }
  /** The link was not good enough at `from`; everything is begun again at `to`. */
  | { readonly type: 'baud-fallback'; readonly from: number; readonly to: number; readonly reason: string }
  /** A step is repeated. */
  | { readonly type: 'retry'; readonly what: string; readonly reason: string }
  /** Which loader does the next piece of work, and why. */
  | { readonly type: 'plan'; readonly loader: 'rom' | 'stub'; readonly reason: string };

export type OnDriverEvent = (event: DriverEvent) => void;
