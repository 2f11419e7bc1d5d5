// What the flow is given: the real parts in the product, virtual ones in a demo, failing ones in a test; and what the steps
// of one try share.
import type { OnWarning } from '../core/errors/index.js';
import type { Mac } from '../core/mac.js';
import type { Board } from '../driver/index.js';
import type { AttemptFacts, Registry, Values } from '../registry/index.js';
import type { SharedAir } from '../wifi/index.js';
import type { Admit } from './admission.js';
import type { ProvisionEvent } from '../core/stages.js';
import type { ProvisionPlan } from './plan/plan.js';

export interface ConnectOptions {
  readonly expectChip?: string | undefined;
  /** Highest bits per second to try. */
  readonly baud: number;
  /** Of a board in Secure Download Mode, which cannot tell it; absent: such a board is refused. */
  readonly trustMac?: Mac | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onWarning: OnWarning;
}

/** The oldest is for the next board. */
export interface ScannedCodes {
  take(): string | undefined;
  /** It was not spent: it is the next one again. */
  putBack(code: string): void;
}

export interface ProvisionParts {
  /** Opens the port and resets its board into the loader. One call is one try: retries are the flow's. */
  readonly connect: (port: string, options: ConnectOptions) => Promise<Board>;
  readonly registry: Registry;
  /** A second opinion on every image; throws where it differs. */
  readonly crossCheck?: ((image: Uint8Array) => Promise<void>) | undefined;
  /** Values of its own for each board; absent: no profile that names a list is taken. */
  readonly values?: Pick<Values, 'claim'> | undefined;
  /** Codes that an operator has scanned for the boards that come next; absent: nobody scans. */
  readonly scanned?: ScannedCodes | undefined;
  /** The air that the board of that port is in; absent: that of this host. */
  readonly airOf?: ((port: string) => SharedAir) | undefined;
  /** The batch that boards are made for; absent: every board is welcome. */
  readonly admit?: Admit | undefined;
}

export type Origin = Pick<AttemptFacts, 'station' | 'slot' | 'operator' | 'toolVersion' | 'batch'>;

export interface Try {
  readonly port: string;
  readonly plan: ProvisionPlan;
  readonly parts: ProvisionParts;
  readonly emit: (event: ProvisionEvent) => void;
  readonly signal: AbortSignal | undefined;
  readonly origin: Origin;
  /** performance.now() at the first try. */
  readonly started: number;
}
