// Batches on PostgreSQL: each call is one transaction, which claims share, and settlements.
import type pg from 'pg';
import type { FlashImage } from '../../core/flash-image.js';
import type { BatchState } from '../../core/states.js';
import { textFault } from '../../core/text.js';
import { DETAIL_WIDTHS } from '../../core/device-details.js';
import { EspmintError } from '../../core/errors/index.js';
import { checkSerialTemplate } from './serials.js';
import type { Database } from '../store/database.js';
import { SharedTransaction } from '../store/shared-transaction.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import {
  type Batch,
  type Batches,
  type BatchRequest,
  type NewBatch,
  type Claim,
  type ClaimRequest,
  type StationReserve,
  type Heartbeat,
  type Identifier,
  type Maker,
  reasonText,
  type Release,
  type RuleStop,
  type SignOff,
  type StationRecord,
  type Unit,
} from './batches.js';
import { claim, identifierOwner, type PassedClaim, settleFailures, settlePasses } from './claim.js';
import { readReservedUnits, releaseUnits } from './reserved/reserved-sql.js';
import { insertSignOff, readSignOffs } from './sign-offs.js';
import {
  countBatch,
  insertBatch,
  insertIdentifier,
  readBatch,
  readStations,
  toBatch,
  toBatches,
  type BatchRow,
} from './sql.js';
import { readUnits, renewLeases } from './unit-sql.js';

export class PostgresBatches implements Batches {
  readonly #database: Database;
  readonly #box: SecretBox;
  /** These lock the row of their batch: the boards of a fixture would wait for each other. */
  readonly #claims: SharedTransaction<ClaimRequest, Claim>;
  readonly #passes: SharedTransaction<PassedClaim, void>;
  readonly #failures: SharedTransaction<string, void>;

  constructor(database: Database, box: SecretBox) {
    this.#database = database;
    this.#box = box;
    this.#claims = new SharedTransaction(database, 'claim', (client, all) => claim(client, box, all));
    this.#passes = new SharedTransaction(database, 'settle', settlePasses);
    this.#failures = new SharedTransaction(database, 'settle', settleFailures);
  }

  create(request: NewBatch, who: string): Promise<Batch> {
    checkRequest(request);
    return this.#transaction('create batch', async (client) => {
      if (!(await insertBatch(client, request, who))) {
        throw new EspmintError('BATCH_EXISTS', { batch: request.name });
      }
      return toBatch(client, await readBatch(client, request.name));
    });
  }

  profileText(name: string): Promise<string | undefined> {
    return this.#transaction(
      'read profile',
      async (client) => (await readBatch(client, name)).profile_text ?? undefined,
    );
  }

  list(): Promise<Batch[]> {
    return this.#transaction('list batches', async (client) => {
      const { rows } = await client.query<BatchRow>('select * from batches order by id desc');
      return toBatches(client, rows);
    });
  }

  get(name: string): Promise<Batch> {
    return this.#transaction('get batch', async (client) => toBatch(client, await readBatch(client, name)));
  }

  units(name: string): Promise<Unit[]> {
    return this.#transaction('list units', async (client) =>
      readUnits(client, (await readBatch(client, name)).id),
    );
  }

  order({ batch }: Maker): Promise<BatchRequest> {
    return this.get(batch);
  }

  setState(name: string, state: BatchState, why: string | RuleStop, who: string): Promise<Batch> {
    return this.#transaction('set batch state', async (client) => {
      const batch = await readBatch(client, name, { lock: true });
      if (batch.state === 'closed' && state !== 'closed') {
        throw new EspmintError('BATCH_NOT_OPEN', {
          batch: name,
          state: batch.state,
          reason: reasonText(batch),
        });
      }
      if (batch.state === state) return toBatch(client, batch);
      const closed = state === 'closed' ? [new Date(), who] : [null, null];
      await client.query(
        'update batches set state = $2, closed_at = $3, closed_by = $4, reason = $5, stopped = $6 where id = $1',
        [batch.id, state, ...closed, ...(typeof why === 'string' ? [why, null] : ['', why])],
      );
      return toBatch(client, await readBatch(client, name));
    });
  }

  setQuantity(name: string, quantity: number): Promise<Batch> {
    return this.#transaction('set quantity', async (client) => {
      const batch = await readBatch(client, name, { lock: true });
      const { passed, inWork, held } = await countBatch(client, batch);
      checkQuantity(quantity, passed + inWork + held);
      await client.query('update batches set quantity = $2 where id = $1', [batch.id, quantity]);
      return toBatch(client, await readBatch(client, name));
    });
  }

  signOff(name: string, signature: Omit<SignOff, 'at'>): Promise<void> {
    return this.#transaction('sign off', async (client) =>
      insertSignOff(client, (await readBatch(client, name)).id, signature),
    );
  }

  signOffs(name: string): Promise<SignOff[]> {
    return this.#transaction('list sign-offs', async (client) =>
      readSignOffs(client, (await readBatch(client, name)).id),
    );
  }

  importIdentifiers(name: string, rows: readonly Identifier[], file: string): Promise<number> {
    return this.#transaction('import identifiers', async (client) => {
      const { id, state, reason } = await readBatch(client, name, { lock: true });
      if (state === 'closed') throw new EspmintError('BATCH_NOT_OPEN', { batch: name, state, reason });
      for (const row of rows) {
        const sealed = row.psk === undefined ? undefined : this.#box.seal(row.psk, identifierOwner(id));
        if (await insertIdentifier(client, id, row, sealed)) continue;
        const what = [row.serial, row.uuid].filter((text) => text !== undefined).join(' or ');
        throw new EspmintError('IDENTIFIERS_INVALID', {
          file,
          line: row.line,
          reason: `${what} is taken already`,
        });
      }
      return rows.length;
    });
  }

  claim(request: ClaimRequest): Promise<Claim> {
    return this.#claims.run(request);
  }

  passed(claimId: string, unit: { uuid: string; chip: string; image: FlashImage }): Promise<void> {
    return this.#passes.run({ claimId, unit });
  }

  failed(claimId: string): Promise<void> {
    return this.#failures.run(claimId);
  }

  reservedUnits(name: string): Promise<StationReserve[]> {
    return this.#transaction('list reserved units', async (client) =>
      readReservedUnits(client, (await readBatch(client, name)).id),
    );
  }

  releaseUnits(batch: string, station: string, why: Release): Promise<number> {
    return this.#transaction('release units', (client) => releaseUnits(client, { batch, station }, why));
  }

  heartbeat({ station, host, batch, mode, slots, running, claims }: Heartbeat): Promise<void> {
    return this.#transaction('heartbeat', async (client) => {
      await client.query(
        `insert into stations (name, host, batch, mode, slots, running) values ($1, $2, $3, $4, $5, $6)
         on conflict (name) do update set host = excluded.host, batch = excluded.batch, mode = excluded.mode,
           slots = excluded.slots, running = excluded.running, seen_at = now()`,
        [station, host, batch ?? null, mode, slots, running],
      );
      await renewLeases(client, claims);
    });
  }

  stations(): Promise<StationRecord[]> {
    return this.#transaction('list stations', readStations);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #transaction<T>(what: string, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    return this.#database.transaction(what, work);
  }
}

/** Characters that fit into the columns of `batches`. */
const { firmwareVersion, hardwareRevision, location } = DETAIL_WIDTHS;
const WIDTHS = { name: 64, lot: 64, hardwareRevision, firmwareVersion, location } as const;

function checkRequest(request: BatchRequest): void {
  for (const field of Object.keys(WIDTHS) as (keyof typeof WIDTHS)[]) {
    const text = request[field];
    if (text === undefined) continue;
    const fault = textFault(text);
    if (fault !== undefined) throw invalid(`The batch's ${field}`, fault.reason, fault.hint);
    if ([...text].length <= WIDTHS[field]) continue;
    throw invalid(`The batch's ${field}`, `is longer than ${WIDTHS[field]} characters`, 'shorten it');
  }
  if (request.name.trim() === '') throw invalid("The batch's name", 'is empty', 'give it one');
  checkQuantity(request.quantity, 1);
  if (request.serialTemplate !== undefined) checkSerialTemplate(request.serialTemplate);
}

const MAX_QUANTITY = 10_000_000;

function checkQuantity(quantity: number, least: number): void {
  if (Number.isInteger(quantity) && quantity >= Math.max(least, 1) && quantity <= MAX_QUANTITY) return;
  const reason = `is ${quantity}`;
  throw invalid('The quantity', reason, `give a whole number from ${Math.max(least, 1)} to ${MAX_QUANTITY}`);
}

function invalid(field: string, reason: string, hint: string): EspmintError {
  return new EspmintError('INPUT_INVALID', { field, reason, hint });
}
