// Sends credentials as packet lengths at the pace that receivers expect, and listens for boards that have joined.
import { EspmintError, isEspmintError, messageOf } from '../../core/errors/index.js';
import { Deadline, sleep, throwIfAborted } from '../../driver/wait.js';
import { openUdp, type AirSocket, type OpenAirSocket } from './air-socket.js';
import { readV1Acknowledgement, V1_GUIDE, V1_PACE, v1Lengths, v1Token, type Acknowledgement } from './v1.js';
import { readV2Acknowledgement, V2_PACE, V2_PORTS, V2_REPLY, v2Lengths } from './v2.js';

export interface SmartConfigRequest {
  readonly protocol: 'v1' | 'v2';
  readonly ssid: string;
  readonly password: string;
  /** 6 bytes. */
  readonly bssid: Uint8Array;
  /** Of version 2: 16 bytes. */
  readonly key?: Uint8Array | undefined;
  /** Of version 2 with a key: see V2Content. */
  readonly randomIv?: boolean | undefined;
  readonly reserved?: Uint8Array | undefined;
  /** This host's address in the network: where boards acknowledge to. */
  readonly address: string;
  /** Where packets go: 255.255.255.255, the broadcast address of the network, or `multicast` (234.n.n.n). */
  readonly destination: string;
  /** Ends after so many boards; default 1. */
  readonly boards?: number | undefined;
}

export interface SenderOptions {
  readonly signal?: AbortSignal | undefined;
  /** Once for each board. */
  readonly onAcknowledgement?: ((board: Acknowledgement) => void) | undefined;
  /** Each time: a board says it thirty times. */
  readonly onHeard?: ((board: Acknowledgement) => void) | undefined;
  readonly onProgress?: ((progress: SenderProgress) => void) | undefined;
  /** Default: UDP of this host. */
  readonly open?: OpenAirSocket | undefined;
  /** For tests: other ports and shorter times. */
  readonly ports?: {
    readonly device: number;
    readonly acknowledgement: readonly number[];
    readonly reply: number;
  };
  readonly pace?: Partial<Pace> | undefined;
}

interface SenderProgress {
  readonly packets: number;
  readonly elapsedMs: number;
}

export interface SendReport {
  readonly boards: readonly Acknowledgement[];
  readonly packets: number;
  readonly durationMs: number;
  /** Packets that came to the port of acknowledgements and were for another sender, or damaged. */
  readonly foreign: number;
}

/** Of one board of a run: as long as version 2 sends. */
export const SMARTCONFIG_MS = V2_PACE.sendMs;

/** Whether a protocol can carry that network, before anything is sent. @throws INPUT_INVALID */
export function checkSmartConfigNetwork(
  { protocol }: Pick<SmartConfigRequest, 'protocol'>,
  { ssid, password }: Pick<SmartConfigRequest, 'ssid' | 'password'>,
): void {
  const content = {
    ssid: new TextEncoder().encode(ssid),
    password: new TextEncoder().encode(password),
    bssid: new Uint8Array(6),
  };
  if (protocol === 'v1') v1Lengths({ ...content, senderAddress: new Uint8Array(4) });
  else v2Lengths({ ...content, portIndex: 0 });
}

interface Pace {
  readonly guideMs: number;
  readonly dataMs: number;
  readonly packetMs: number;
  readonly sendMs: number;
  readonly listenMs: number;
  readonly slowAfterMs: number;
  readonly slowPacketMs: number;
  readonly firstMs: number;
}

const DEVICE_PORT = 7001;
const PORTS = { device: DEVICE_PORT, acknowledgement: V2_PORTS, reply: V2_REPLY.port };
const CONTENT = 0x31;
const LONGEST = 2048;
const PROGRESS_EVERY = 64;

/**
 * @returns the boards that acknowledged, none where the time ran out
 * @throws SMARTCONFIG_SOCKET, INPUT_INVALID, CANCELLED
 */
export async function sendSmartConfig(
  request: SmartConfigRequest,
  options: SenderOptions = {},
): Promise<SendReport> {
  const sender = new Sender(request, options);
  try {
    return await sender.run();
  } finally {
    sender.close();
  }
}

class Sender {
  readonly #pace: Pace;
  readonly #boards = new Map<string, Acknowledgement>();
  readonly #ports: NonNullable<SenderOptions['ports']>;
  readonly #finished = new AbortController();
  #socket: AirSocket | undefined;
  #portIndex = 0;
  #packets = 0;
  #foreign = 0;
  #nextAt = 0;
  #group = 0;

  constructor(
    private readonly request: SmartConfigRequest,
    private readonly options: SenderOptions,
  ) {
    const usual =
      request.protocol === 'v1'
        ? { ...V1_PACE, slowAfterMs: Infinity, slowPacketMs: V1_PACE.packetMs, firstMs: 0 }
        : { ...V2_PACE, guideMs: 0, dataMs: Infinity, listenMs: 2_000 };
    this.#pace = { ...usual, ...options.pace };
    this.#ports = options.ports ?? PORTS;
  }

  async run(): Promise<SendReport> {
    const started = performance.now();
    throwIfAborted(this.options.signal, 'SmartConfig');
    this.#socket = await this.#bind();
    const lengths = this.#lengths();
    await this.#pause(this.#pace.firstMs);
    const sending = new Deadline(this.#pace.sendMs);
    this.#nextAt = performance.now();
    let at = 0;
    while (!sending.passed && !this.#isDone) {
      if (this.request.protocol === 'v1') {
        await this.#sendFor(V1_GUIDE, 0, this.#pace.guideMs, sending);
        at = await this.#sendFor(lengths, at, this.#pace.dataMs, sending);
      } else {
        at = await this.#sendFor(lengths, at, Infinity, sending);
      }
    }
    await this.#pause(this.#pace.listenMs);
    return {
      boards: [...this.#boards.values()],
      packets: this.#packets,
      durationMs: performance.now() - started,
      foreign: this.#foreign,
    };
  }

  close(): void {
    this.#socket?.close();
  }

  get #isDone(): boolean {
    return this.#boards.size >= (this.request.boards ?? 1);
  }

  #lengths(): number[] {
    const { protocol, bssid, key, randomIv, reserved } = this.request;
    const ssid = new TextEncoder().encode(this.request.ssid);
    const password = new TextEncoder().encode(this.request.password);
    if (protocol === 'v2')
      return v2Lengths({ ssid, password, bssid, key, randomIv, reserved, portIndex: this.#portIndex });
    const senderAddress = Uint8Array.from(this.request.address.split('.'), Number);
    return v1Lengths({ ssid, password, bssid, senderAddress });
  }

  /** Goes on with a round where the last call stopped. Version 1 stops between guides and between triples only. @returns where */
  async #sendFor(
    lengths: readonly number[],
    from: number,
    durationMs: number,
    sending: Deadline,
  ): Promise<number> {
    const phase = performance.now();
    const whole = lengths === V1_GUIDE ? V1_GUIDE.length : 3;
    let at = from;
    do {
      const length = lengths[at % lengths.length] ?? 0;
      if (at % 3 === 0) this.#group = (this.#group % 100) + 1;
      await this.#sendOne(length, sending);
      at = (at + 1) % lengths.length;
    } while (
      !this.#isDone &&
      !sending.passed &&
      (performance.now() - phase < durationMs || (this.request.protocol === 'v1' && at % whole !== 0))
    );
    return at;
  }

  async #sendOne(length: number, sending: Deadline): Promise<void> {
    throwIfAborted(this.options.signal, 'SmartConfig');
    const elapsedMs = this.#pace.sendMs - sending.remainingMs;
    const { destination } = this.request;
    const { packetMs, slowAfterMs, slowPacketMs } = this.#pace;
    const group = this.#group;
    const address = destination === 'multicast' ? `234.${group}.${group}.${group}` : destination;
    await this.#socket
      ?.send(PAYLOAD.subarray(0, length), this.#ports.device, address)
      .catch((error: unknown) => {
        throw socketError(error);
      });
    this.#packets += 1;
    if (this.#packets % PROGRESS_EVERY === 0)
      this.options.onProgress?.({ packets: this.#packets, elapsedMs });
    // From moment to moment of a plan, not from packet to packet: timers that come late do not add up.
    this.#nextAt += elapsedMs > slowAfterMs ? slowPacketMs : packetMs;
    const now = performance.now();
    if (this.#nextAt < now - slowPacketMs) this.#nextAt = now;
    await this.#pause(this.#nextAt - now);
  }

  /** Ends early when all boards have acknowledged. */
  async #pause(durationMs: number): Promise<void> {
    if (durationMs <= 0 || this.#isDone) return;
    const { signal } = this.options;
    const any =
      signal === undefined ? this.#finished.signal : AbortSignal.any([signal, this.#finished.signal]);
    await sleep(durationMs, any).catch((error: unknown) => {
      if (signal?.aborted === true) throw error;
    });
  }

  /** Before anything is sent: the first acknowledgement may come early. */
  async #bind(): Promise<AirSocket> {
    const { open = openUdp } = this.options;
    const { destination, address: own } = this.request;
    const candidates =
      this.request.protocol === 'v1' ? this.#ports.acknowledgement.slice(0, 1) : this.#ports.acknowledgement;
    let failure: unknown;
    for (const [index, port] of candidates.entries()) {
      try {
        const socket = await open(port, destination === 'multicast' ? own : undefined);
        this.#portIndex = index;
        socket.onMessage((bytes, address) => this.#take(bytes, address));
        return socket;
      } catch (error) {
        failure = error;
      }
    }
    throw socketError(failure);
  }

  #take(bytes: Uint8Array, from: string): void {
    const token = v1Token({
      ssid: new TextEncoder().encode(this.request.ssid),
      password: new TextEncoder().encode(this.request.password),
    });
    const board =
      this.request.protocol === 'v1'
        ? readV1Acknowledgement(bytes, token)
        : readV2Acknowledgement(bytes, this.#portIndex, from);
    if (board === undefined) {
      this.#foreign += 1;
      return;
    }
    if (this.request.protocol === 'v2') this.#reply(from);
    this.options.onHeard?.(board);
    if (this.#boards.has(board.mac)) return;
    this.#boards.set(board.mac, board);
    this.options.onAcknowledgement?.(board);
    if (this.#isDone) this.#finished.abort();
  }

  /** The board stops announcing itself when it hears this; a lost one costs nothing. */
  #reply(to: string): void {
    for (let time = 0; time < V2_REPLY.times; time++) {
      void this.#socket?.send(V2_REPLY.bytes, this.#ports.reply, to).catch(() => undefined);
    }
  }
}

const PAYLOAD = new Uint8Array(LONGEST).fill(CONTENT);

function socketError(error: unknown): EspmintError {
  if (isEspmintError(error)) return error;
  const reason = messageOf(error);
  return new EspmintError('SMARTCONFIG_SOCKET', { reason }, { cause: error });
}
