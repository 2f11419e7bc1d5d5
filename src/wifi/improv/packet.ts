// Packets of Improv Serial (improv-wifi.com/serial): built, and found in a stream that log lines run through. Pure.

const MAGIC = Uint8Array.from('IMPROV', (letter) => letter.charCodeAt(0));
const VERSION = 1;
/** Magic, version, type, length. */
const HEAD_BYTES = MAGIC.length + 3;
const LF = 0x0a;

export const PACKET_TYPE = { state: 1, error: 2, rpc: 3, result: 4 } as const;
export const COMMAND = {
  sendWifi: 1,
  requestState: 2,
  deviceInfo: 3,
  scan: 4,
} as const;
export const STATE = {
  stopped: 0,
  awaitingAuthorization: 1,
  ready: 2,
  provisioning: 3,
  provisioned: 4,
} as const;
export const IMPROV_ERROR = {
  none: 0,
  badPacket: 1,
  unknownCommand: 2,
  unableToConnect: 3,
  notAuthorized: 4,
  badHostname: 5,
  unknown: 0xff,
} as const;

export interface ImprovPacket {
  readonly type: number;
  readonly data: Uint8Array;
}

/** A packet as it goes out, with the line feed that ends it. @param data at most 255 bytes */
export function encodePacket({ type, data }: ImprovPacket): Uint8Array {
  const packet = Uint8Array.from([...MAGIC, VERSION, type, data.length, ...data, 0, LF]);
  packet[packet.length - 2] = checksum(packet.subarray(0, -2));
  return packet;
}

/** Data of a remote procedure call: the command, and its parameters with their length. */
export function encodeCall(command: number, parameters: Uint8Array = new Uint8Array()): Uint8Array {
  return Uint8Array.from([command, parameters.length, ...parameters]);
}

/** Texts, each after its length in bytes. */
export function encodeTexts(texts: readonly string[]): Uint8Array {
  const parts = texts.map((text) => new TextEncoder().encode(text));
  return Uint8Array.from(parts.flatMap((part) => [part.length, ...part]));
}

export interface ImprovResult {
  readonly command: number;
  readonly texts: readonly string[];
  /** The same as they came: a network name need not be UTF-8. */
  readonly bytes: readonly Uint8Array[];
}

/** What a result packet holds; undefined where its lengths do not fit. */
export function decodeResult(data: Uint8Array): ImprovResult | undefined {
  const command = data[0];
  const length = data[1];
  if (command === undefined || length === undefined || data.length < 2 + length) return undefined;
  const payload = data.subarray(2, 2 + length);
  const bytes: Uint8Array[] = [];
  for (let at = 0; at < payload.length;) {
    const size = payload[at] ?? 0;
    if (at + 1 + size > payload.length) return undefined;
    bytes.push(payload.slice(at + 1, at + 1 + size));
    at += 1 + size;
  }
  return { command, texts: bytes.map((text) => new TextDecoder().decode(text)), bytes };
}

/** Sum of all bytes, its low byte. */
function checksum(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

/** Finds packets; what is none is text, such as log lines. A packet may begin in the middle of a line. */
export class PacketScanner {
  #held = new Uint8Array();

  /** @returns the whole packets, and the bytes between them */
  push(bytes: Uint8Array): { readonly packets: ImprovPacket[]; readonly text: Uint8Array } {
    const all = new Uint8Array(this.#held.length + bytes.length);
    all.set(this.#held);
    all.set(bytes, this.#held.length);
    return this.#scan(all);
  }

  /** Nothing more comes: what looked like the start of a packet is text, and a packet may stand behind it. */
  giveUpBegun(): { readonly packets: ImprovPacket[]; readonly text: Uint8Array } {
    const [first, ...rest] = this.#held;
    if (first === undefined) return { packets: [], text: new Uint8Array() };
    const { packets, text } = this.#scan(Uint8Array.from(rest));
    return { packets, text: Uint8Array.from([first, ...text]) };
  }

  #scan(all: Uint8Array): { packets: ImprovPacket[]; text: Uint8Array } {
    const packets: ImprovPacket[] = [];
    const text: number[] = [];
    let at = 0;
    while (at < all.length) {
      const length = packetLength(all, at);
      if (length === 'incomplete') break;
      if (length === undefined) {
        text.push(all[at] ?? 0);
        at += 1;
        continue;
      }
      packets.push({ type: all[at + 7] ?? 0, data: all.slice(at + HEAD_BYTES, at + length - 1) });
      at += length;
    }
    this.#held = all.slice(at);
    return { packets, text: Uint8Array.from(text) };
  }
}

/** Bytes of the packet that begins here; undefined where none does. */
function packetLength(all: Uint8Array, at: number): number | 'incomplete' | undefined {
  for (const [index, letter] of MAGIC.entries()) {
    const byte = all[at + index];
    if (byte === undefined) return 'incomplete';
    if (byte !== letter) return undefined;
  }
  const version = all[at + MAGIC.length];
  if (version !== undefined && version !== VERSION) return undefined;
  const size = all[at + HEAD_BYTES - 1];
  if (size === undefined) return 'incomplete';
  const length = HEAD_BYTES + size + 1;
  if (at + length > all.length) return 'incomplete';
  const sum = all[at + length - 1];
  return sum === checksum(all.subarray(at, at + length - 1)) ? length : undefined;
}
