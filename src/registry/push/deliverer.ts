// Brings what is in the outbox to its targets: each target on its own, one message at a time, until nothing is due.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EspmintError, toEspmintError } from '../../core/errors/index.js';
import type { Database } from '../store/database.js';
import { macOf } from '../devices/rows.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import { messageOf } from './message.js';
import {
  type Claimed,
  claimNext,
  dueTargets,
  letGo,
  prune,
  restTarget,
  settleDelivered,
  settleFailed,
  type TargetRow,
} from './outbox.js';
import { pauseMs, type PushPace } from './pace.js';
import type { DeliverOptions, PushRun } from './push.js';
import { readServerIdentity } from './registry-server.js';
import { openTarget, type OpenTarget } from './settings.js';
import type { DeliveryFailure } from './sink.js';

export interface DelivererParts {
  readonly database: Database;
  readonly box: SecretBox;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pace: PushPace;
}

const PRUNE_EVERY_MS = 3_600_000;

/** One target of these, ready to be sent to. @throws as openTarget */
export function openTargetOf(
  { database, box, env, pace }: DelivererParts,
  target: Pick<TargetRow, 'name' | 'kind' | 'settings'>,
): Promise<OpenTarget> {
  const registryServer = () => database.connected('pushes', readServerIdentity);
  return openTarget(target, { box, env, timeoutMs: pace.timeoutMs, registryServer });
}

export class Deliverer {
  readonly #parts: DelivererParts;
  /** Names this one's claims among those of all processes. */
  readonly #holder = randomUUID();
  #prunedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: DelivererParts) {
    this.#parts = parts;
  }

  /** See Pushes.deliverDue. */
  async deliverDue(options: DeliverOptions = {}): Promise<PushRun> {
    const run: PushRun = { delivered: 0, failed: 0 };
    const targets = await this.#parts.database.connected('pushes', dueTargets);
    await Promise.all(targets.map((target) => this.#drain(target, run, options)));
    return run;
  }

  /** See Pushes.deliverUntil. A target that takes long does not hold up the look at the others. */
  async deliverUntil(options: DeliverOptions & { readonly signal: AbortSignal }): Promise<void> {
    const { signal, onNote } = options;
    const busy = new Map<string, Promise<void>>();
    const outage = { isNoted: false };
    const note = (error: unknown): void => {
      if (!outage.isNoted) onNote?.(toEspmintError(error).message);
      outage.isNoted = true;
    };
    const start = (target: TargetRow): void => {
      if (busy.has(target.id)) return;
      const drained = this.#drain(target, { delivered: 0, failed: 0 }, options)
        .catch(note)
        .finally(() => busy.delete(target.id));
      busy.set(target.id, drained);
    };
    while (!signal.aborted) {
      try {
        (await this.#parts.database.connected('pushes', dueTargets)).forEach(start);
        await this.#pruneNowAndThen();
        if (outage.isNoted) onNote?.('The registry answers: pushes go on.');
        outage.isNoted = false;
      } catch (error) {
        note(error);
      }
      await sleep(this.#parts.pace.pollMs, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(busy.values());
  }

  /** One target, until nothing of it is due or it is out of order. */
  async #drain(target: TargetRow, run: PushRun, options: DeliverOptions): Promise<void> {
    const { database, pace } = this.#parts;
    const ending = endingOf(options.signal, pace.graceMs);
    const opened = await openTargetOf(this.#parts, target).catch(ofTarget);
    const sendsKeys = 'sink' in opened && opened.sendsKeys;
    const list = 'sink' in opened ? opened.list : undefined;
    const by = { holder: this.#holder, leaseMs: pace.leaseMs, sendsKeys, list };
    try {
      while (!ending.isNear()) {
        const claimed = await database.transaction('claim push', (client) => claimNext(client, target, by));
        if (claimed === undefined) return;
        const failure = 'sink' in opened ? await this.#try(target, claimed, opened, ending.cutOff) : opened;
        if (failure !== undefined && ending.cutOff.aborted) {
          await database.transaction('push', (client) => letGo(client, [claimed.id, this.#holder]));
          return;
        }
        await this.#settle(target, claimed, failure, options);
        run[failure === undefined ? 'delivered' : 'failed'] += 1;
        if (failure?.isOfTarget === true) return;
      }
    } finally {
      ending.dispose();
      if ('sink' in opened) await opened.sink.close();
    }
  }

  async #try(
    { name }: TargetRow,
    { message_id: id, event, occurred_at: occurredAt, device, mac_key: macKey, values }: Claimed,
    { sink, sendsKeys }: OpenTarget,
    signal: AbortSignal,
  ): Promise<DeliveryFailure | undefined> {
    if (device === undefined) {
      const error = new EspmintError('PUSH_DEVICE_GONE', { target: name, mac: macOf(macKey) });
      return { error, isOfTarget: false };
    }
    try {
      const about = { id, event, occurredAt: occurredAt.toISOString(), values };
      return await sink.deliver(messageOf(about, device, sendsKeys ? this.#parts.box : undefined), signal);
    } catch (error) {
      return { error: toEspmintError(error), isOfTarget: false };
    }
  }

  async #settle(
    target: TargetRow,
    claimed: Claimed,
    failure: DeliveryFailure | undefined,
    { onNote }: DeliverOptions,
  ): Promise<void> {
    const { database, pace } = this.#parts;
    const held = [claimed.id, this.#holder] as const;
    if (failure === undefined) {
      const isBack = await database.transaction('push', (client) => settleDelivered(client, target.id, held));
      if (isBack) onNote?.(`The push target "${target.name}" takes devices again.`);
      return;
    }
    const isLast = claimed.age_ms >= pace.giveUpMs || failure.error.code === 'PUSH_DEVICE_GONE';
    const next = isLast ? undefined : pauseMs(claimed.tries, pace);
    const failures = await database.transaction('push', async (client) => {
      await settleFailed(client, held, failure, next);
      if (!failure.isOfTarget) return 0;
      return restTarget(client, target.id, (count) =>
        Math.max(pauseMs(count, pace), failure.retryAfterMs ?? 0),
      );
    });
    if (isLast) onNote?.(`${failure.error.message} The push of ${macOf(claimed.mac_key)} was given up.`);
    else if (failures === 1) onNote?.(failure.error.message);
  }

  async #pruneNowAndThen(): Promise<void> {
    if (performance.now() - this.#prunedAt < PRUNE_EVERY_MS) return;
    this.#prunedAt = performance.now();
    const { database, pace } = this.#parts;
    await database.connected('pushes', (client) => prune(client, pace.keepMs));
  }
}

/** What keeps a target from getting anything at all. */
function ofTarget(error: unknown): DeliveryFailure {
  return { error: toEspmintError(error), isOfTarget: true };
}

/** The two ends of a delivery: no more is begun after the first, and what goes on is cut off some time later. */
function endingOf(
  signal: AbortSignal | undefined,
  graceMs: number,
): { isNear(): boolean; readonly cutOff: AbortSignal; dispose(): void } {
  const cut = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => void (timer = setTimeout(() => cut.abort(), graceMs));
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    isNear: () => signal?.aborted === true,
    cutOff: cut.signal,
    dispose: () => {
      signal?.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    },
  };
}
