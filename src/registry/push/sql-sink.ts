// A target of the kind `sql`: one statement with bound values for each message, in a transaction of its own.
import { Socket } from 'node:net';
import pg from 'pg';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { limitAnswers } from '../store/bounded-socket.js';
import { isConnectionLoss } from '../store/sql-errors.js';
import { shortReason } from '../reason.js';
import { type PushMessage, valueOf } from './message.js';
import { isSameServer, readServerIdentity, type ServerIdentity } from './registry-server.js';
import { type DeliveryFailure, maskedReason, type Sink, type SinkOptions } from './sink.js';
import type { CompiledStatement } from './statement.js';
import { codeOf } from '../../files/index.js';
import { endOrCut } from '../store/goodbye.js';

export interface SqlOptions extends SinkOptions {
  /** With nothing left to the environment: its PG* variables are those of the registry. */
  readonly config: pg.ClientConfig;
  readonly statement: CompiledStatement;
  /** The server that may not be a target, asked at each connection; absent when any may. */
  readonly registryServer?: (() => Promise<ServerIdentity | undefined>) | undefined;
}

/** A connection that stays open from one message to the next, and is left after a failure. */
export class SqlSink implements Sink {
  readonly #options: SqlOptions;
  #open: { readonly client: pg.Client; readonly socket: Socket } | undefined;
  #endLimit: () => void = () => undefined;

  constructor(options: SqlOptions) {
    this.#options = options;
  }

  async deliver(message: PushMessage, signal?: AbortSignal): Promise<DeliveryFailure | undefined> {
    const deadline = AbortSignal.timeout(this.#options.timeoutMs);
    const ending = AbortSignal.any([deadline, ...(signal ? [signal] : [])]);
    const cutOff = (): void => void this.#open?.socket.destroy();
    ending.addEventListener('abort', cutOff, { once: true });
    try {
      ending.throwIfAborted();
      this.#limit();
      await this.#run(message);
      return undefined;
    } catch (error) {
      await this.close();
      return this.#failureOf(error, message, deadline.aborted);
    } finally {
      this.#endLimit();
      ending.removeEventListener('abort', cutOff);
    }
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    await endOrCut(() => open.client.end(), [open.client]);
  }

  async #run(message: PushMessage): Promise<void> {
    const { statement, timeoutMs } = this.#options;
    const client = await this.#connected();
    await client.query(`begin; set local statement_timeout = ${Math.ceil(timeoutMs)}`);
    try {
      await client.query(
        statement.text,
        statement.parameters.map((parameter) => valueOf(message, parameter)),
      );
      await client.query(message.event === 'test' ? 'rollback' : 'commit');
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    }
  }

  /** From now on, for this message. */
  #limit(): void {
    this.#endLimit();
    if (this.#open !== undefined) this.#endLimit = limitAnswers(this.#open.socket);
  }

  async #connected(): Promise<pg.Client> {
    if (this.#open !== undefined) return this.#open.client;
    const socket = new Socket();
    const client = new pg.Client({
      ...this.#options.config,
      connectionTimeoutMillis: this.#options.timeoutMs,
      application_name: 'espmint push',
      stream: () => socket,
    });
    this.#open = { client, socket };
    this.#limit();
    // A connection that breaks while nothing is asked: the next message opens another.
    client.on('error', () => (this.#open = undefined));
    await client.connect();
    await this.#refuseRegistry(client);
    return client;
  }

  /** Before anything of the target is run. @throws PUSH_TO_REGISTRY */
  async #refuseRegistry(client: pg.Client): Promise<void> {
    const { name: target, registryServer } = this.#options;
    if (registryServer === undefined) return;
    const there = await readServerIdentity(client);
    if (there === undefined) return;
    const ours = await registryServer();
    if (ours !== undefined && isSameServer(there, ours))
      throw new EspmintError('PUSH_TO_REGISTRY', { target });
  }

  /** PostgreSQL's `detail` may quote a whole row: only its message is kept, and keys in it are masked. */
  #failureOf(error: unknown, message: PushMessage, isLate: boolean): DeliveryFailure {
    const { name: target, timeoutMs, config } = this.#options;
    const code = codeOf(error) ?? '';
    if (isEspmintError(error)) return { error, isOfTarget: true };
    if (isLate || code === '57014' || /timeout expired|query read timeout/i.test(shortReason(error))) {
      return { error: new EspmintError('PUSH_TIMEOUT', { target, timeoutMs }), isOfTarget: true };
    }
    const password = typeof config.password === 'string' ? config.password : undefined;
    const text = maskedReason(shortReason(error), [message.psk, password]);
    const isState = /^[0-9A-Z]{5}$/.test(code) && error instanceof pg.DatabaseError;
    if (!isState || isConnectionLoss(error) || OUT_OF_REACH.test(code)) {
      const reason = isState ? `${text} [${code}]` : text;
      return { error: new EspmintError('PUSH_UNREACHABLE', { target, reason }), isOfTarget: true };
    }
    const refused = new EspmintError('PUSH_REFUSED', { target, reason: `${text} [${code}]` });
    // Class 42: the table, the rights or the statement itself, the same for every message.
    return { error: refused, isOfTarget: code.startsWith('42') };
  }
}

/** Appendix A of PostgreSQL's manual: authorization, catalog name, resources, operator intervention. */
const OUT_OF_REACH = /^(28|3D|53|57)/;
