// Pushes: devices sent to a table or service of the user's own. This interface is their manual.
//
// Each time a device is proven or taken out of use, a row for each target is written to the outbox, in the transaction
// of that event: what is recorded is sent, however long the registry, the target or espmint is away in between. What is
// sent is the device as it is at delivery, at least once, in the order of its events, always with the same id for the
// same event. A delivery that keeps failing is tried again for about a day, then it is set aside as dead, where somebody
// may retry or discard it. A target that is out of order delays neither provisioning nor another target.
//
// All stations of a registry share the work. All failures are EspmintErrors; none of them holds a secret.

import type { PushEvent, PushKind } from '../../core/push.js';
import type { Asker } from '../process-user.js';

/** A target, without its secrets. */
export interface PushTarget {
  readonly name: string;
  readonly kind: PushKind;
  /** Host and database or path, or the environment variable that holds them; no password, no query, no token. */
  readonly address: string;
  /** Of the kind `sql`. */
  readonly statement?: string | undefined;
  readonly events: readonly PushEvent[];
  /** Whether keys are sent too. */
  readonly sendsKeys: boolean;
  /** The list of values whose columns are sent, but for secret ones. */
  readonly values?: string | undefined;
  readonly paused: boolean;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  readonly createdBy: string;
}

export interface NewPushTarget {
  /** 1 to 64 letters, digits, dots, dashes and underscores. */
  readonly name: string;
  readonly kind: PushKind;
  /** `postgresql://…`, `https://…`, or `env:ESPMINT_PUSH_…`: a variable of each station that delivers. */
  readonly url: string;
  /** With `sql`: one statement with parameters such as `:uuid`. */
  readonly statement?: string | undefined;
  /** With `webhook`: `whsec_` and base64, or a reference as above; made when absent. */
  readonly signingSecret?: string | undefined;
  /** All by default. */
  readonly events?: readonly PushEvent[] | undefined;
  readonly sendKeys?: boolean | undefined;
  /**
   * A list of values: what the device has in it is sent too, never what is secret. A statement names a column as
   * `{{column}}`, a webhook gets them as `values`.
   */
  readonly values?: string | undefined;
  /**
   * With `sql`: the address may be the registry's own server. For who works on this computer, never for who asks over
   * HTTP: a statement there has the rights of its role, which may reach the files of the host.
   */
  readonly allowRegistry?: boolean | undefined;
}

/** A target that was added, with its signing secret where that was made: it is given only this once. */
export interface AddedTarget extends PushTarget {
  readonly madeSecret?: string | undefined;
}

export interface PushCounts {
  /** Still to be sent, also to targets that are paused. */
  readonly pending: number;
  /** Given up, until somebody retries or discards them. */
  readonly dead: number;
}

/** Why a delivery failed. */
interface PushFailure {
  /** Of the error table. */
  readonly code: string;
  readonly message: string;
}

/** How one target does. */
export interface PushTargetStatus extends PushCounts {
  readonly name: string;
  readonly kind: PushKind;
  readonly paused: boolean;
  /** When the oldest pending event occurred, ISO 8601 in UTC. */
  readonly oldestPending?: string | undefined;
  /** ISO 8601 in UTC. */
  readonly lastDelivered?: string | undefined;
  /** Of the pending or dead delivery that failed last. */
  readonly lastError?: PushFailure | undefined;
  /** The target itself is out of order and is tried again then, ISO 8601 in UTC. */
  readonly retryAt?: string | undefined;
}

/** A delivery that was given up. */
export interface DeadPush extends PushFailure {
  /** Names it in `retry` and `discard`. */
  readonly id: string;
  readonly target: string;
  readonly event: PushEvent;
  readonly mac: string;
  readonly uuid: string;
  readonly tries: number;
  /** ISO 8601 in UTC. */
  readonly occurredAt: string;
  readonly endedAt: string;
}

/** What came of some deliveries. */
export interface PushRun {
  delivered: number;
  failed: number;
}

export interface DeliverOptions {
  /** Ends it: nothing more is begun, and what is in progress after two seconds is cut off and comes again later. */
  readonly signal?: AbortSignal | undefined;
  /** Called once for each target that begins to fail, and of each delivery that is given up. */
  readonly onNote?: ((text: string) => void) | undefined;
}

export interface Pushes {
  /** Oldest first. */
  targets(): Promise<PushTarget[]>;

  /**
   * Events from now on are sent to it; devices that are there already are not. Who adds, pauses or removes a target
   * is in the audit trail.
   *
   * @throws PUSH_TARGET_EXISTS, PUSH_STATEMENT_INVALID, PUSH_ADDRESS_INVALID, INPUT_INVALID
   */
  add(target: NewPushTarget, by?: Asker): Promise<AddedTarget>;

  /** @throws PUSH_TARGET_UNKNOWN */
  show(name: string): Promise<PushTarget>;

  /** @returns how many deliveries, pending or dead, went with it  @throws PUSH_TARGET_UNKNOWN */
  remove(name: string, by?: Asker): Promise<number>;

  /** While it is paused, events come together for it. @throws PUSH_TARGET_UNKNOWN */
  setPaused(name: string, paused: boolean, by?: Asker): Promise<void>;

  /**
   * Tells it of a device that does not exist: a webhook gets the type `test`, a statement runs in a transaction that is
   * rolled back.
   *
   * @throws PUSH_TARGET_UNKNOWN, PUSH_UNREACHABLE, PUSH_REFUSED: precisely what is wrong
   */
  test(name: string, signal?: AbortSignal): Promise<void>;

  status(): Promise<PushTargetStatus[]>;

  /** Newest first. @param limit at most so many */
  dead(limit?: number): Promise<DeadPush[]>;

  /**
   * Makes dead deliveries pending again. Who did it, from where and why is in the audit trail of each device.
   *
   * @returns how many
   * @throws PUSH_DELIVERY_UNKNOWN, and then does nothing
   */
  retry(ids: readonly string[] | 'all', by?: Asker): Promise<number>;

  /** Forgets dead deliveries; the audit trail as with `retry`. @returns how many  @throws as retry */
  discard(ids: readonly string[] | 'all', by?: Asker): Promise<number>;

  /** Delivers what is due, to all targets at once, until nothing is or the signal ends it. */
  deliverDue(options?: DeliverOptions): Promise<PushRun>;

  /** Delivers until the signal ends it, whatever comes. Never throws. */
  deliverUntil(options: DeliverOptions & { readonly signal: AbortSignal }): Promise<void>;

  /** Never throws, may be called again. */
  close(): Promise<void>;
}
