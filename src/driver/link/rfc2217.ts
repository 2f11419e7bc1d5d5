// rfc2217://host:port: a serial port behind a network server, with its modem lines and baud rate (RFC 2217).
import type { Socket } from 'node:net';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { FirstWords, closeSocket, openTcp, watchSocket, writeSocket } from './tcp-stream.js';
import { Inbox } from './inbox.js';
import {
  COM_PORT,
  CONTROL,
  OPTION,
  PURGE_BOTH,
  REPLY_OFFSET,
  TelnetDecoder,
  VERB,
  comPortCommand,
  escapeData,
  negotiation,
  type TelnetEvent,
} from './telnet.js';
import type { Link, ModemLines, Transport, Wait } from './transport.js';
import { Deadline } from '../wait.js';

const SETTING_TIMEOUT_MS = 3_000;
/** Some servers carry out a line change without a word: after one that was not acknowledged none is waited for. */
const LINE_TIMEOUT_MS = 500;
/** Answers that may wait for a server to read them: every option there is, many times over. */
const MOST_WAITING_BYTES = 64 * 1024;
const DATA_BITS = 8;
const PARITY_NONE = 1;
const STOP_BITS_ONE = 1;
/** What both sides are asked to do; all else is declined. */
const WANTED: readonly number[] = [OPTION.binary, OPTION.suppressGoAhead, OPTION.comPort];

class Rfc2217Link implements Link {
  readonly address: string;
  readonly hasModemLines = true;
  readonly linesAreSlow = true;
  readonly #inbox: Inbox;
  readonly #decoder = new TelnetDecoder();
  readonly #words = new FirstWords();
  #hasHeard = false;
  /** Options that we do, and that the server does: undefined = not spoken of yet. */
  readonly #ours = new Map<number, boolean>();
  readonly #theirs = new Map<number, boolean>();
  /** Called with every event from the server while something waits for one. */
  readonly #listeners = new Set<(event: TelnetEvent | undefined) => void>();
  #lines: Partial<ModemLines> = {};
  #lineChangesAreAcknowledged = true;
  #baud: number;

  constructor(
    address: string,
    private readonly socket: Socket,
    baud: number,
  ) {
    this.address = address;
    this.#baud = baud;
    this.#inbox = new Inbox(address);
    watchSocket(socket, address, {
      onData: (bytes) => this.#receive(bytes),
      onEnd: (error) => {
        this.#inbox.fail(error);
        this.#notify(undefined);
      },
    });
  }

  get baud(): number {
    return this.#baud;
  }

  /** Agrees on the options and sets 8N1 at the given rate. @throws RFC2217_REFUSED, LINK_CLOSED, CANCELLED */
  async negotiate(wait: Wait): Promise<void> {
    for (const option of WANTED) {
      this.#ours.set(option, true);
      await this.#send(negotiation(VERB.will, option), wait);
    }
    for (const option of [OPTION.binary, OPTION.suppressGoAhead]) {
      this.#theirs.set(option, true);
      await this.#send(negotiation(VERB.do, option), wait);
    }
    const agreed = await this.#until(() => this.#comPortAgreed, wait);
    if (agreed === undefined && !this.#hasHeard)
      throw this.#refused('says nothing, as one does whose port another client has');
    if (agreed !== true) throw this.#refused('does not offer the serial port option');
    await this.#set(COM_PORT.setDataSize, Uint8Array.of(DATA_BITS), wait);
    await this.#set(COM_PORT.setParity, Uint8Array.of(PARITY_NONE), wait);
    await this.#set(COM_PORT.setStopSize, Uint8Array.of(STOP_BITS_ONE), wait);
    await this.#set(COM_PORT.setControl, Uint8Array.of(CONTROL.noFlowControl), wait);
    await this.setBaud(this.#baud);
  }

  async write(bytes: Uint8Array, wait: Wait): Promise<void> {
    await this.#send(escapeData(bytes), wait);
  }

  read(wait: Wait): Promise<Uint8Array> {
    return this.#inbox.read(wait);
  }

  discardInput(): void {
    this.#inbox.clear();
  }

  /** Sends only what changes, DTR before RTS, in one segment. */
  async setLines(lines: ModemLines): Promise<void> {
    const values: number[] = [];
    if (this.#lines.dtr !== lines.dtr) values.push(lines.dtr ? CONTROL.dtrOn : CONTROL.dtrOff);
    if (this.#lines.rts !== lines.rts) values.push(lines.rts ? CONTROL.rtsOn : CONTROL.rtsOff);
    this.#lines = lines;
    const last = values.at(-1);
    if (last === undefined) return;
    const bytes = values.flatMap((value) => [...comPortCommand(COM_PORT.setControl, Uint8Array.of(value))]);
    const wait = { timeoutMs: LINE_TIMEOUT_MS };
    const acknowledged = this.#lineChangesAreAcknowledged
      ? this.#awaitReply(COM_PORT.setControl, wait, (value) => value[0] === last)
      : Promise.resolve(undefined);
    await this.#send(Uint8Array.from(bytes), wait);
    if ((await acknowledged) === undefined) this.#lineChangesAreAcknowledged = false;
  }

  /** @throws RFC2217_REFUSED when the server does not take the rate. */
  async setBaud(baud: number): Promise<void> {
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, baud);
    const reply = await this.#set(COM_PORT.setBaud, value, { timeoutMs: SETTING_TIMEOUT_MS });
    if (reply === undefined) throw this.#refused(`does not answer to a baud rate of ${baud}`);
    const taken = reply.length === 4 ? new DataView(reply.buffer, reply.byteOffset).getUint32(0) : 0;
    if (taken !== baud) throw this.#refused(`took ${taken} baud instead of ${baud}`);
    this.#baud = baud;
    await this.#set(COM_PORT.purgeData, Uint8Array.of(PURGE_BOTH), { timeoutMs: LINE_TIMEOUT_MS });
    this.#inbox.clear();
  }

  async close(): Promise<void> {
    this.#inbox.fail(new EspmintError('LINK_CLOSED', { port: this.address, reason: 'it was closed here' }));
    this.#notify(undefined);
    await closeSocket(this.socket);
  }

  /** Why an opening failed that ended with `error`. */
  explain(error: unknown): unknown {
    if (!isEspmintError(error, 'LINK_CLOSED')) return error;
    return this.#words.explain(this.address, error, this.#comPortAgreed !== true);
  }

  /** The server's side of it or ours: implementations differ in who offers the option. */
  get #comPortAgreed(): boolean | undefined {
    if (this.#confirmed.has(OPTION.comPort) || this.#theirs.get(OPTION.comPort) === true) return true;
    return this.#ours.get(OPTION.comPort) === false ? false : undefined;
  }

  /** Options of ours that the server said DO to. */
  readonly #confirmed = new Set<number>();

  #receive(bytes: Uint8Array): void {
    this.#hasHeard = true;
    const { data, events } = this.#decoder.push(bytes);
    this.#words.push(data);
    this.#inbox.push(data);
    for (const event of events) {
      if (event.kind === 'negotiation') this.#answer(event.verb, event.option);
      this.#notify(event);
    }
  }

  /** RFC 854: an answer only to what changes something, so that two ends cannot talk in circles. */
  #answer(verb: number, option: number): void {
    const offered = verb === VERB.will || verb === VERB.do;
    const aboutThem = verb === VERB.will || verb === VERB.wont;
    const known = aboutThem ? this.#theirs : this.#ours;
    const agreed = offered && WANTED.includes(option);
    if (!aboutThem && agreed) this.#confirmed.add(option);
    if (known.get(option) === agreed) return;
    const wasOn = known.get(option) === true;
    known.set(option, agreed);
    if (!offered && !wasOn) return;
    const yes = aboutThem ? VERB.do : VERB.will;
    const no = aboutThem ? VERB.dont : VERB.wont;
    this.socket.write(negotiation(agreed ? yes : no, option));
    if (this.socket.writableLength <= MOST_WAITING_BYTES) return;
    const reason = 'it negotiates without end and does not read the answers';
    this.#inbox.fail(new EspmintError('LINK_CLOSED', { port: this.address, reason }));
    this.socket.destroy();
  }

  /** One setting; undefined when the server says nothing about it. */
  async #set(command: number, value: Uint8Array, wait: Wait): Promise<Uint8Array | undefined> {
    const reply = this.#awaitReply(command, wait, () => true);
    await this.#send(comPortCommand(command, value), wait);
    return reply;
  }

  async #awaitReply(
    command: number,
    wait: Wait,
    fits: (value: Uint8Array) => boolean,
  ): Promise<Uint8Array | undefined> {
    let value: Uint8Array | undefined;
    await this.#until((event) => {
      if (event?.kind !== 'comPort' || event.command !== command + REPLY_OFFSET || !fits(event.value))
        return undefined;
      value = event.value;
      return true;
    }, wait);
    return value;
  }

  /** Until `check`, asked at once and after every event, gives an answer; undefined when the time is over. */
  async #until(
    check: (event: TelnetEvent | undefined) => boolean | undefined,
    { timeoutMs, signal }: Wait,
  ): Promise<boolean | undefined> {
    const deadline = new Deadline(timeoutMs);
    const atOnce = check(undefined);
    if (atOnce !== undefined) return atOnce;
    return new Promise((resolve, reject) => {
      const finish = (answer: boolean | undefined, error?: Error): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#listeners.delete(listener);
        if (error === undefined) resolve(answer);
        else reject(error);
      };
      const listener = (event: TelnetEvent | undefined): void => {
        const answer = check(event);
        if (answer !== undefined) finish(answer);
        else if (this.#inbox.failure !== undefined) finish(undefined, this.#inbox.failure);
      };
      const onAbort = (): void => {
        finish(undefined, new EspmintError('CANCELLED', { what: 'Talking to the serial server' }));
      };
      const timer = setTimeout(() => finish(undefined), deadline.remainingMs);
      this.#listeners.add(listener);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted === true) onAbort();
      else if (this.#inbox.failure !== undefined) listener(undefined);
    });
  }

  #notify(event: TelnetEvent | undefined): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  async #send(bytes: Uint8Array, wait: Wait): Promise<void> {
    if (this.#inbox.failure !== undefined) throw this.#inbox.failure;
    await writeSocket(this.socket, this.address, bytes, wait);
  }

  #refused(reason: string): EspmintError<'RFC2217_REFUSED'> {
    return new EspmintError('RFC2217_REFUSED', { port: this.address, reason });
  }
}

export const rfc2217Transport: Transport = {
  accepts: (address) => /^rfc2217:\/\//i.test(address),
  open: async (address, { baud, ...wait }) => {
    const link = new Rfc2217Link(address, await openTcp(address, wait), baud);
    try {
      await link.negotiate(wait);
      return link;
    } catch (error) {
      await link.close();
      throw link.explain(error);
    }
  },
};
