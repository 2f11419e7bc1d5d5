// Pushes on PostgreSQL: the targets and what became of their deliveries. Each call is one transaction.
import type pg from 'pg';
import { randomUUID } from 'node:crypto';
import { EspmintError } from '../../core/errors/index.js';
import { PUSH_EVENTS } from '../../core/push.js';
import type { Database } from '../store/database.js';
import { eventBy, recordEvent } from '../devices/events.js';
import { type Asker, processUser } from '../process-user.js';
import { Deliverer, type DelivererParts, openTargetOf } from './deliverer.js';
import { changeDead, readDead } from './dead.js';
import { testMessage } from './message.js';
import { dueNow, type TargetRow } from './outbox.js';
import type {
  AddedTarget,
  DeadPush,
  DeliverOptions,
  NewPushTarget,
  PushRun,
  PushTarget,
  PushTargetStatus,
  Pushes,
} from './push.js';
import { checkSettings, describeAddress, openSettings, sealSettings } from './settings.js';
import { openColumns } from '../values/open-columns.js';
import { readRecords } from '../store/read-records.js';

const NAME_FORM = /^[\w.-]{1,64}$/;
const DEAD_DEFAULT = 100;

export class PostgresPushes implements Pushes {
  readonly #parts: DelivererParts;
  readonly #database: Database;
  readonly #deliverer: Deliverer;

  constructor(parts: DelivererParts) {
    this.#parts = parts;
    this.#database = parts.database;
    this.#deliverer = new Deliverer(parts);
  }

  async targets(): Promise<PushTarget[]> {
    return this.#database.connected('list push targets', async (client) => {
      const { rows } = await client.query<TargetRow>('select * from push_targets order by id');
      return rows.map((row) => this.#describe(row));
    });
  }

  async show(name: string): Promise<PushTarget> {
    return this.#describe(
      await this.#database.connected('show push target', (client) => needTarget(client, name)),
    );
  }

  async add(target: NewPushTarget, by: Asker = {}): Promise<AddedTarget> {
    const { name, kind, events = PUSH_EVENTS } = target;
    if (!NAME_FORM.test(name)) {
      const hint = 'use 1 to 64 letters, digits, dots, dashes and underscores';
      throw new EspmintError('INPUT_INVALID', { field: 'The name', reason: 'cannot name a target', hint });
    }
    if (target.values === undefined) checkSettings(target);
    return this.#database.transaction('add push target', async (client) => {
      const { values: list } = target;
      const values = list === undefined ? undefined : { list, ...(await openColumns(client, list)) };
      const { madeSecret, ...settings } = checkSettings(target, values);
      const sealed = sealSettings(this.#parts.box, name, kind, settings);
      const { rows } = await client.query<TargetRow>(
        `insert into push_targets (name, kind, settings, events, created_by) values ($1, $2, $3, $4, $5)
         on conflict (name) do nothing returning *`,
        [name, kind, sealed, [...new Set(events)], by.actor ?? processUser()],
      );
      const [row] = rows;
      if (row === undefined) throw new EspmintError('PUSH_TARGET_EXISTS', { name });
      const added = this.#describe(row);
      const { address, sendsKeys } = added;
      await recordEvent(client, {
        kind: 'push target added',
        ...eventBy(by),
        detail: { name, address, sendsKeys, allowsRegistry: settings.allowsRegistry },
      });
      return { ...added, madeSecret };
    });
  }

  async remove(name: string, by: Asker = {}): Promise<number> {
    return this.#database.transaction('remove push target', async (client) => {
      const { id } = await needTarget(client, name);
      const { rowCount: dropped } = await client.query(
        `delete from push_deliveries where target_id = $1 and state <> 'delivered'`,
        [id],
      );
      await client.query('delete from push_targets where id = $1', [id]);
      await recordEvent(client, { kind: 'push target removed', ...eventBy(by), detail: { name, dropped } });
      return dropped ?? 0;
    });
  }

  async setPaused(name: string, paused: boolean, by: Asker = {}): Promise<void> {
    await this.#database.transaction('pause push target', async (client) => {
      const { id } = await needTarget(client, name);
      // Somebody has looked at it: whatever it suffered from, it is tried again at once.
      await client.query('update push_targets set paused = $2, failures = 0, retry_at = null where id = $1', [
        id,
        paused,
      ]);
      if (!paused) await dueNow(client, id);
      const kind = paused ? 'push target paused' : 'push target resumed';
      await recordEvent(client, { kind, ...eventBy(by), detail: { name } });
    });
  }

  async test(name: string, signal?: AbortSignal): Promise<void> {
    const row = await this.#database.connected('test push target', (client) => needTarget(client, name));
    const { sink, sendsKeys } = await openTargetOf(this.#parts, row);
    try {
      const failure = await sink.deliver(testMessage(randomUUID(), sendsKeys), signal);
      if (failure !== undefined) throw failure.error;
    } finally {
      await sink.close();
    }
  }

  status(): Promise<PushTargetStatus[]> {
    return this.#database.connected('push status', readStatus);
  }

  dead(limit = DEAD_DEFAULT): Promise<DeadPush[]> {
    return this.#database.connected('dead pushes', (client) => readDead(client, limit));
  }

  retry(ids: readonly string[] | 'all', by: Asker = {}): Promise<number> {
    return this.#database.transaction('retry pushes', (client) => changeDead(client, 'retry', ids, by));
  }

  discard(ids: readonly string[] | 'all', by: Asker = {}): Promise<number> {
    return this.#database.transaction('discard pushes', (client) => changeDead(client, 'discard', ids, by));
  }

  deliverDue(options?: DeliverOptions): Promise<PushRun> {
    return this.#deliverer.deliverDue(options);
  }

  deliverUntil(options: DeliverOptions & { readonly signal: AbortSignal }): Promise<void> {
    return this.#deliverer.deliverUntil(options);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #describe({ name, kind, settings, events, paused, created_at, created_by }: TargetRow): PushTarget {
    const { url, statement, sendsKeys, values } = openSettings(this.#parts.box, name, kind, settings);
    const made = { createdAt: created_at.toISOString(), createdBy: created_by };
    const list = values?.list;
    const address = describeAddress(kind, url);
    return { name, kind, address, statement, events, sendsKeys, values: list, paused, ...made };
  }
}

/** @throws PUSH_TARGET_UNKNOWN */
async function needTarget(client: pg.ClientBase, name: string): Promise<TargetRow> {
  const { rows } = await client.query<TargetRow>('select * from push_targets where name = $1', [name]);
  const [row] = rows;
  if (row === undefined) throw new EspmintError('PUSH_TARGET_UNKNOWN', { name });
  return row;
}

/** Oldest target first. */
function readStatus(client: pg.ClientBase): Promise<PushTargetStatus[]> {
  return readRecords(
    client,
    `select t.name, t.kind, t.paused, case when t.retry_at > now() then t.retry_at end as retry_at, open.*,
       (select max(ended_at) from push_deliveries d where d.target_id = t.id and d.state = 'delivered') as last_delivered,
       (select count(*) from push_deliveries d where d.target_id = t.id and d.state = 'dead') as dead,
       (select json_build_object('code', d.error_code, 'message', d.error) from push_deliveries d
        where d.target_id = t.id and d.error is not null
        order by coalesce(d.ended_at, d.due_at) desc limit 1) as last_error
     from push_targets t,
       lateral (select count(*) as pending, min(d.occurred_at) as oldest_pending
                from push_deliveries d where d.target_id = t.id and d.state = 'pending') as open
     order by t.id`,
  );
}
