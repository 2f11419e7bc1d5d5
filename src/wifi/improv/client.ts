// The host's side of Improv Serial: one call in flight, answers taken in the order in which a device gives them.
import { EspmintError } from '../../core/errors/index.js';
import type { Link } from '../../driver/link/transport.js';
import { Deadline, throwIfAborted } from '../../driver/wait.js';
import { LineSplitter, readSome } from '../lines.js';
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
} from './packet.js';

export interface ImprovOptions {
  readonly signal?: AbortSignal | undefined;
  /** What the board prints between packets. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface ImprovInfo {
  readonly firmware: string;
  readonly version: string;
  readonly chip: string;
  readonly name: string;
  readonly os?: string | undefined;
  readonly osVersion?: string | undefined;
}

/** A network that a board sees. */
export interface SeenNetwork {
  readonly ssid: string;
  /** dBm; absent where the board gave no number. */
  readonly rssi?: number | undefined;
  readonly secured: boolean;
  readonly channel?: number | undefined;
  readonly bssid?: string | undefined;
}

/** A board may have been reset by the opening of its port: its firmware needs time to start. */
const DETECT_MS = 10_000;
const ASK_AGAIN_MS = 1_000;
const CALL_MS = 30_000;
/** So often a network is sent to a device that does not even acknowledge it. */
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
    throw new EspmintError('WIFI_NO_ANSWER', {
      port: this.link.address,
      what: 'answer by Improv',
      timeoutMs,
    });
  }

  /** @throws WIFI_REFUSED where the device does not know the command, WIFI_NO_ANSWER, WIFI_ANSWER_BROKEN */
  async info(): Promise<ImprovInfo> {
    await this.#send(COMMAND.deviceInfo);
    const [firmware = '', version = '', chip = '', name = '', os, osVersion] = await this.#result(
      COMMAND.deviceInfo,
      'the request for its name',
    );
    return { firmware, version, chip, name, os, osVersion };
  }

  /** The networks that the board sees, strongest first, each name once. */
  async scan(): Promise<SeenNetwork[]> {
    await this.#send(COMMAND.scan);
    const seen: SeenNetwork[] = [];
    for (;;) {
      const [ssid, rssi, auth] = await this.#result(COMMAND.scan, 'the search for networks');
      if (ssid === undefined) return strongestFirst(seen);
      if (seen.length >= MOST_NETWORKS) {
        const reason = 'its list of networks has no end';
        throw new EspmintError('WIFI_ANSWER_BROKEN', {
          port: this.link.address,
          what: 'the search for networks',
          reason,
        });
      }
      const strength = Number.parseInt(rssi ?? '', 10);
      seen.push({
        ssid,
        rssi: Number.isNaN(strength) ? undefined : strength,
        secured: !/^no$/i.test(auth ?? 'YES'),
      });
    }
  }

  /**
   * Hands over a network and waits until the board is on it.
   * @returns the address of the device's own page, where it has one
   * @throws WIFI_JOIN_FAILED, WIFI_REFUSED, WIFI_NO_ANSWER, LINK_CLOSED, CANCELLED
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
    let silent = new Deadline(timeoutMs / TRIES);
    const deadline = new Deadline(timeoutMs);
    // The state of before may be reported once more; a new one is news also without the acknowledgement.
    let [begun, isJoining] = [false, false];
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
    throw new EspmintError('WIFI_NO_ANSWER', {
      port: this.link.address,
      what: 'outcome by Improv',
      timeoutMs,
    });
  }

  /** A board that was starting answers all at once what it was asked meanwhile: no part of that is about what follows. */
  async #settle(): Promise<void> {
    const deadline = new Deadline(AFTERWORD_MS);
    while (!deadline.passed && (await this.#next(deadline)) !== undefined);
  }

  /** Texts of the next result of a command. */
  async #result(command: number, what: string): Promise<readonly string[]> {
    const deadline = new Deadline(CALL_MS);
    while (!deadline.passed) {
      const packet = await this.#next(deadline);
      if (packet?.type === PACKET_TYPE.error && (packet.data[0] ?? 0) !== IMPROV_ERROR.none) {
        throw this.#refused(what, packet.data[0] ?? IMPROV_ERROR.unknown);
      }
      if (packet?.type !== PACKET_TYPE.result) continue;
      const result = decodeResult(packet.data);
      if (result === undefined) {
        const reason = 'its lengths do not fit together';
        throw new EspmintError('WIFI_ANSWER_BROKEN', { port: this.link.address, what, reason });
      }
      if (result.command === command) return result.texts;
    }
    throw new EspmintError('WIFI_NO_ANSWER', {
      port: this.link.address,
      what: `answer to ${what}`,
      timeoutMs: CALL_MS,
    });
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
    return new EspmintError('WIFI_JOIN_FAILED', {
      port: this.link.address,
      ssid,
      reason: 'it says that it is unable to connect: wrong password, or no such network in range',
      hint: 'check the password, and that `espmint wifi scan` shows the network to this board',
    });
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

const ERROR_TEXTS: Readonly<Record<number, string>> = {
  [IMPROV_ERROR.badPacket]: 'it found the packet invalid, or does not know this command',
  [IMPROV_ERROR.unknownCommand]: 'it does not know this command',
  [IMPROV_ERROR.notAuthorized]: 'it wants somebody to press its button first',
  [IMPROV_ERROR.badHostname]: 'it does not accept the host name',
  [IMPROV_ERROR.unknown]: 'it met an error without a name',
};

/** One entry a name: the strongest. */
export function strongestFirst(networks: readonly SeenNetwork[]): SeenNetwork[] {
  const strength = ({ rssi = -200 }: SeenNetwork): number => rssi;
  const best = new Map<string, SeenNetwork>();
  for (const network of networks) {
    const known = best.get(network.ssid);
    if (network.ssid === '') continue;
    if (known === undefined || strength(network) > strength(known)) best.set(network.ssid, network);
  }
  return [...best.values()].sort((a, b) => strength(b) - strength(a));
}
