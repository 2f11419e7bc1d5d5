// The host's side of Improv Serial: one call in flight, answers taken in the order in which a device gives them.
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import type { Link } from '../../driver/link/transport.js';
import { Deadline, throwIfAborted } from '../../driver/wait.js';
import { LineSplitter, readSome } from '../lines.js';
import { joinFailed, joinUnproven } from '../reasons.js';
import { nameOf, strongestFirst, type SeenNetwork } from '../seen-network.js';
import {
  COMMAND,
  decodeResult,
  encodeCall,
  encodePacket,
  encodeTexts,
  IMPROV_ERROR,
  PACKET_TYPE,
  PacketScanner,
  STATE,
  type ImprovPacket,
  type ImprovResult,
} from './packet.js';

export interface ImprovOptions {
  readonly signal?: AbortSignal | undefined;
  /** What the board prints between packets. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** The network has gone out: what the board prints from now on is about it. */
  readonly onSent?: (() => void) | undefined;
}

export interface ImprovInfo {
  readonly firmware: string;
  readonly version: string;
  readonly chip: string;
  readonly name: string;
  readonly os?: string | undefined;
  readonly osVersion?: string | undefined;
}

/** A board may have been reset by the opening of its port: its firmware needs time to start. */
const DETECT_MS = 10_000;
const ASK_AGAIN_MS = 1_000;
const CALL_MS = 30_000;
/** Between two networks of a list. */
const NEXT_MS = 5_000;
/** So often a call is sent to a device that does not even acknowledge it. */
const TRIES = 3;
/** A board that names more of them is lying. */
const MOST_NETWORKS = 256;
/** Between the packets of one answer. */
const QUIET_MS = 300;
/** For what a device says after it has said that it is done: its address, or the last state. */
const AFTERWORD_MS = 1_000;
const WRITE_MS = 5_000;
/** Parameters have one byte for their length, and the packet has room for command and length beside them. */
const MOST_PARAMETER_BYTES = 253;

export class ImprovClient {
  readonly #scanner = new PacketScanner();
  readonly #lines = new LineSplitter();
  readonly #inbox: ImprovPacket[] = [];
  #state: number | undefined;

  constructor(
    private readonly link: Link,
    private readonly options: ImprovOptions = {},
  ) {}

  /** Last state that the device reported: see STATE. */
  get state(): number | undefined {
    return this.#state;
  }
  get isProvisioned(): boolean {
    return this.#state === STATE.provisioned;
  }

  /** Asks until a device answers. @throws WIFI_NO_ANSWER, LINK_CLOSED, CANCELLED */
  async detect(
    timeoutMs = DETECT_MS,
  ): Promise<{ readonly state: number; readonly url?: string | undefined }> {
    const deadline = new Deadline(timeoutMs);
    while (!deadline.passed) {
      await this.#send(COMMAND.requestState);
      const asked = new Deadline(Math.min(ASK_AGAIN_MS, deadline.remainingMs));
      while (!asked.passed) {
        const packet = await this.#next(asked);
        if (packet?.type === PACKET_TYPE.state && this.#state !== undefined) {
          return { state: this.#state, url: await this.#urlAfterState() };
        }
      }
    }
    throw this.#noAnswer('answer by Improv', timeoutMs);
  }

  /** @throws WIFI_REFUSED where the device does not know the command, WIFI_NO_ANSWER, WIFI_ANSWER_BROKEN */
  async info(): Promise<ImprovInfo> {
    const { texts } = await this.#call(COMMAND.deviceInfo, 'the request for its name');
    const [firmware = '', version = '', chip = '', name = '', os, osVersion] = texts;
    return { firmware, version, chip, name, os, osVersion };
  }

  /** The networks that the board sees, strongest first, each name once. */
  async scan(): Promise<SeenNetwork[]> {
    const what = 'the search for networks';
    const seen: SeenNetwork[] = [];
    await this.#settle();
    let wait = this.#call(COMMAND.scan, what);
    for (;;) {
      const result = await wait.catch((error: unknown) => {
        // The end of the list was lost, or was a complaint about a packet: what came before it is there all the same.
        const isLost = error instanceof Unheard || isEspmintError(error, 'WIFI_NO_ANSWER');
        if (seen.length > 0 && isLost) return undefined;
        throw error;
      });
      const [ssid, rssi, auth] = result?.texts ?? [];
      const name = result?.bytes[0];
      if (ssid === undefined || name === undefined) return strongestFirst(seen);
      wait = this.#result(COMMAND.scan, what, new Deadline(NEXT_MS));
      if (seen.length >= MOST_NETWORKS) {
        const reason = 'its list of networks has no end';
        throw new EspmintError('WIFI_ANSWER_BROKEN', { port: this.link.address, what, reason });
      }
      const strength = Number.parseInt(rssi ?? '', 10);
      seen.push({
        ...nameOf(name),
        rssi: Number.isNaN(strength) ? undefined : strength,
        secured: !/^no$/i.test(auth ?? 'YES'),
      });
    }
  }

  /**
   * Hands over a network and waits until the board is on it.
   * @returns the address of the device's own page, where it has one
   * @throws WIFI_JOIN_FAILED, WIFI_JOIN_UNPROVEN, WIFI_REFUSED, WIFI_NO_ANSWER, LINK_CLOSED, CANCELLED
   */
  async provision(
    ssid: string,
    password: string,
    timeoutMs = CALL_MS,
  ): Promise<{ readonly url?: string | undefined }> {
    const parameters = encodeTexts([ssid, password]);
    if (parameters.length > MOST_PARAMETER_BYTES) {
      throw new EspmintError('INPUT_INVALID', {
        field: 'The network name and password',
        reason: `have ${parameters.length - 2} bytes, and Improv carries ${MOST_PARAMETER_BYTES - 2}`,
        hint: 'shorten them',
      });
    }
    await this.#settle();
    await this.#send(COMMAND.sendWifi, parameters);
    this.options.onSent?.();
    let silent = new Deadline(timeoutMs / TRIES);
    const deadline = new Deadline(timeoutMs);
    // The state of before may be reported once more; a new one is news also without the acknowledgement.
    let [begun, isJoining, tries] = [false, false, TRIES];
    const before = this.#state;
    while (!deadline.passed) {
      const packet = await this.#next(deadline);
      if (packet === undefined) {
        // A device says at once that it has begun: the call, or that answer, was lost.
        if (!begun && silent.passed) {
          await this.#send(COMMAND.sendWifi, parameters);
          silent = new Deadline(timeoutMs / TRIES);
        }
        continue;
      }
      if (packet.type === PACKET_TYPE.error) {
        const error = packet.data[0] ?? IMPROV_ERROR.unknown;
        if (error === IMPROV_ERROR.none) begun = true;
        else if (error === IMPROV_ERROR.badPacket && !begun && --tries > 0)
          await this.#send(COMMAND.sendWifi, parameters);
        else throw this.#provisionError(error, ssid);
      } else if (packet.type === PACKET_TYPE.result) {
        const result = decodeResult(packet.data);
        if (result?.command === COMMAND.sendWifi) {
          await this.#untilProvisioned();
          return { url: result.texts[0] };
        }
      } else if (this.#state === STATE.provisioning) {
        begun = isJoining = true;
      } else if (this.#state === STATE.provisioned && (begun || before !== STATE.provisioned)) {
        return { url: await this.#urlAfterState() };
      } else if (isJoining && this.#state === STATE.ready) {
        // It gave up; the reason may follow.
        const error = await this.#errorAfterState();
        if (error !== undefined) throw this.#provisionError(error, ssid);
      }
    }
    if (!begun) throw this.#noAnswer('outcome by Improv', timeoutMs);
    const reason = `the firmware took the network, and did not say how it went within ${timeoutMs} ms`;
    throw joinUnproven(this.link.address, reason);
  }

  /** A board that was starting answers all at once what it was asked meanwhile: no part of that is about what follows. */
  async #settle(): Promise<void> {
    const deadline = new Deadline(AFTERWORD_MS);
    while (!deadline.passed && (await this.#next(deadline)) !== undefined);
  }

  /** A question and its first result. Where the question or its acknowledgement was damaged on the way, it is asked again. */
  async #call(command: number, what: string): Promise<ImprovResult> {
    for (let left = TRIES; ; left--) {
      await this.#send(command);
      try {
        return await this.#result(command, what, new Deadline(CALL_MS), CALL_MS / TRIES);
      } catch (error) {
        if (left === 1 || !(error instanceof Unheard)) throw error instanceof Unheard ? error.failure : error;
      }
    }
  }

  /**
   * The next result of a command.
   * @param unheardMs after so long without any answer to it the device has not heard it
   * @throws Unheard, WIFI_REFUSED, WIFI_ANSWER_BROKEN, WIFI_NO_ANSWER
   */
  async #result(
    command: number,
    what: string,
    deadline: Deadline,
    unheardMs = Infinity,
  ): Promise<ImprovResult> {
    const silent = this.#noAnswer(`answer to ${what}`, deadline.timeoutMs);
    const unheard = new Deadline(Math.min(unheardMs, deadline.timeoutMs));
    let isHeard = false;
    while (!deadline.passed) {
      const packet = await this.#next(deadline);
      if (!isHeard && unheard.passed && unheardMs !== Infinity) throw new Unheard(silent);
      if (packet?.type === PACKET_TYPE.error) {
        const error = packet.data[0] ?? IMPROV_ERROR.none;
        if (error === IMPROV_ERROR.badPacket) throw new Unheard(this.#refused(what, error));
        if (error !== IMPROV_ERROR.none) throw this.#refused(what, error);
        isHeard = true;
      }
      if (packet?.type !== PACKET_TYPE.result) continue;
      const result = decodeResult(packet.data);
      if (result === undefined) {
        const reason = 'its lengths do not fit together';
        throw new EspmintError('WIFI_ANSWER_BROKEN', { port: this.link.address, what, reason });
      }
      if (result.command === command) return result;
    }
    throw silent;
  }

  #noAnswer(what: string, timeoutMs: number): EspmintError {
    return new EspmintError('WIFI_NO_ANSWER', { port: this.link.address, what, timeoutMs });
  }

  /** A provisioned device adds its address as a result; others do not, and some give none. */
  async #urlAfterState(): Promise<string | undefined> {
    if (this.#state !== STATE.provisioned) return undefined;
    const deadline = new Deadline(AFTERWORD_MS);
    while (!deadline.passed) {
      const packet = await this.#next(deadline);
      if (packet?.type === PACKET_TYPE.result) return decodeResult(packet.data)?.texts[0];
    }
    return undefined;
  }

  /** Some devices give the result before the state. */
  async #untilProvisioned(): Promise<void> {
    const deadline = new Deadline(AFTERWORD_MS);
    while (!deadline.passed && !this.isProvisioned) await this.#next(deadline);
  }

  async #errorAfterState(): Promise<number | undefined> {
    const deadline = new Deadline(AFTERWORD_MS);
    while (!deadline.passed) {
      const packet = await this.#next(deadline);
      if (packet?.type === PACKET_TYPE.error && (packet.data[0] ?? 0) !== 0) return packet.data[0];
      // The old state may be reported again before the new one.
      if (packet?.type === PACKET_TYPE.state && this.#state !== STATE.ready) return undefined;
    }
    return IMPROV_ERROR.unableToConnect;
  }

  #provisionError(error: number, ssid: string): EspmintError {
    if (error !== IMPROV_ERROR.unableToConnect) return this.#refused('the network', error);
    const text = 'it says that it is unable to connect: wrong password, or no such network in range';
    const hint = 'check the password, and that `espmint wifi scan` shows the network to this board';
    return joinFailed({ port: this.link.address, ssid }, { why: 'not-said', text, hint });
  }

  #refused(what: string, error: number): EspmintError {
    const reason = ERROR_TEXTS[error] ?? `error ${error}`;
    return new EspmintError('WIFI_REFUSED', { port: this.link.address, what, reason });
  }

  async #send(command: number, parameters?: Uint8Array): Promise<void> {
    // What came before this call is no answer to it.
    this.#inbox.length = 0;
    const data = encodeCall(command, parameters);
    const packet = encodePacket({ type: PACKET_TYPE.rpc, data });
    await this.link.write(packet, { timeoutMs: WRITE_MS, signal: this.options.signal });
  }

  /** The next packet, or undefined when none came for a moment. Keeps the state up to date. */
  async #next(deadline: Deadline): Promise<ImprovPacket | undefined> {
    throwIfAborted(this.options.signal, 'Improv');
    if (this.#inbox.length === 0) {
      const timeoutMs = Math.max(1, Math.min(deadline.remainingMs, QUIET_MS));
      const bytes = await readSome(this.link, { timeoutMs, signal: this.options.signal });
      // A packet that was cut off would keep back all that follows it.
      const { packets, text } = bytes === undefined ? this.#scanner.giveUpBegun() : this.#scanner.push(bytes);
      this.#inbox.push(...packets);
      for (const line of this.#lines.push(text)) this.options.onLine?.(line);
    }
    const packet = this.#inbox.shift();
    if (packet?.type === PACKET_TYPE.state) this.#state = packet.data[0];
    return packet;
  }
}

/** The device has not understood the question, or has not got it. */
class Unheard extends Error {
  constructor(readonly failure: EspmintError) {
    super(failure.message);
  }
}

const ERROR_TEXTS: Readonly<Record<number, string>> = {
  [IMPROV_ERROR.badPacket]: 'it found the packet invalid, or does not know this command',
  [IMPROV_ERROR.unknownCommand]: 'it does not know this command',
  [IMPROV_ERROR.notAuthorized]: 'it wants somebody to press its button first',
  [IMPROV_ERROR.badHostname]: 'it does not accept the host name',
  [IMPROV_ERROR.unknown]: 'it met an error without a name',
};
