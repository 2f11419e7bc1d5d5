// The admission of a batch as the flow sees it: asked for each board before anything is reserved, and given how it ended.
import type { FlashImage } from '../core/flash-image.js';
import type { Psk } from '../core/psk.js';
import type { ClaimedRow } from '../registry/index.js';

/** A place in a batch, held until the run of this board has ended. */
export interface Admission {
  /** Taken from the batch's list of identifiers, in place of what is derived or generated. */
  readonly uuid?: string | undefined;
  readonly psk?: Psk | undefined;
  /** Name of the batch; absent where a unit is finished without one. */
  readonly batch?: string | undefined;
  /** The board's serial number in this batch. */
  readonly serial?: string | undefined;
  /** Its row of the profile's list of values, where the database could not be asked for one. */
  readonly row?: ClaimedRow | undefined;
  /** Frees rows that this station has reserved and no board has taken; absent: it reserves none. */
  readonly freeRows?: (() => Promise<void>) | undefined;
  /** This device passed before with what it would get now: if it still holds these bytes, nothing is to be done. */
  readonly earlier?: FlashImage | undefined;
  /** The board is good. The run passes only when this resolves. */
  passed(unit: { readonly uuid: string; readonly chip: string; readonly image: FlashImage }): Promise<void>;
  /** The board is not good; its place goes to another one. */
  failed(failure: { readonly code: string; readonly stage: string }): Promise<void>;
}

/** @throws BATCH_FULL, BATCH_BUSY, BATCH_NOT_OPEN, BATCH_IDENTIFIERS_USED_UP, REGISTRY_* */
export type Admit = (device: { readonly mac: string; readonly uuid: string }) => Promise<Admission>;
