// Receives ESPTouch, version 1 or 2, from nothing but the lengths of packets, some of which are lost. Written from the
// format, apart from the sender. Every guess is a vote; checksums decide.
import { createDecipheriv } from 'node:crypto';

export interface ReceivedNetwork {
  readonly protocol: 'v1' | 'v2';
  readonly ssid: string;
  readonly password: string;
  /** Of version 1: where to acknowledge. */
  readonly senderAddress?: string;
  /** Of version 2: which of the sender's ports waits. */
  readonly portIndex?: number;
  /** First byte of a version 1 acknowledgement. */
  readonly token: number;
  readonly reserved?: Uint8Array;
}

export class EsptouchReceiver {
  private readonly first = new VersionOne();
  private readonly second: VersionTwo;

  /** @param key 16 bytes of version 2's encryption, where the firmware has one */
  constructor(key?: Uint8Array) {
    this.second = new VersionTwo(key);
  }

  /** Takes the length of one packet's payload. @returns the network once all checksums agree */
  hear(length: number): ReceivedNetwork | undefined {
    return this.first.hear(length) ?? this.second.hear(length);
  }
}

/** Votes for the value of each place. */
class Ballot {
  private readonly votes = new Map<number, Map<number, number>>();

  vote(place: number, value: number): void {
    const box = this.votes.get(place) ?? new Map<number, number>();
    box.set(value, (box.get(value) ?? 0) + 1);
    this.votes.set(place, box);
  }

  winner(place: number): number | undefined {
    let best: [number, number] | undefined;
    for (const entry of this.votes.get(place) ?? [])
      if (best === undefined || entry[1] > best[1]) best = entry;
    return best?.[0];
  }

  /** Winners of places `from` to `to` - 1; undefined where one has no vote. */
  winners(from: number, to: number): number[] | undefined {
    const values: number[] = [];
    for (let place = from; place < to; place++) {
      const value = this.winner(place);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  }
}

/** CRC-8 (Maxim): table-free, bit by bit from the lowest. */
function checksumOf(bytes: readonly number[]): number {
  let register = 0;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const differs = ((register ^ (byte >> bit)) & 1) === 1;
      register = (register >> 1) ^ (differs ? 0x8c : 0);
    }
  }
  return register;
}

const V1_LOW = 40;
const V1_SEQUENCE_FROM = 256 + 40;
const V1_SEQUENCE_TO = 256 + 40 + 127;

/** A data byte is three packets in a row: high half, number, low half; both halves carry four bits of a checksum. */
class VersionOne {
  private readonly ballot = new Ballot();
  private before: number | undefined;
  private open: { index: number; high: number } | undefined;

  hear(length: number): ReceivedNetwork | undefined {
    if (length >= V1_SEQUENCE_FROM && length <= V1_SEQUENCE_TO) {
      this.open =
        this.before === undefined ? undefined : { index: length - V1_SEQUENCE_FROM, high: this.before };
      this.before = undefined;
      return undefined;
    }
    if (length < V1_LOW || length > V1_LOW + 255) {
      this.before = this.open = undefined;
      return undefined;
    }
    const value = length - V1_LOW;
    const { open } = this;
    this.open = undefined;
    this.before = open === undefined ? value : undefined;
    if (open === undefined) return undefined;
    const byte = ((open.high & 0x0f) << 4) | (value & 0x0f);
    const crc = (open.high & 0xf0) | (value >> 4);
    if (checksumOf([byte, open.index]) !== crc) {
      // The low half was lost: this may be the high half of the next byte.
      this.before = value;
      return undefined;
    }
    this.ballot.vote(open.index, byte);
    return this.read();
  }

  private read(): ReceivedNetwork | undefined {
    const total = this.ballot.winner(0);
    if (total === undefined || total < 9) return undefined;
    const all = this.ballot.winners(0, total + 6);
    if (all === undefined) return undefined;
    const [, passwordLength = 0, ssidCrc, bssidCrc, xor] = all;
    const data = all.slice(0, total);
    if (data.reduce((sum, byte, at) => (at === 4 ? sum : sum ^ byte), 0) !== xor) return undefined;
    if (9 + passwordLength > total) return undefined;
    const ssid = data.slice(9 + passwordLength);
    if (checksumOf(ssid) !== ssidCrc || checksumOf(all.slice(total)) !== bssidCrc) return undefined;
    return {
      protocol: 'v1',
      ssid: text(ssid),
      password: text(data.slice(9, 9 + passwordLength)),
      senderAddress: data.slice(5, 9).join('.'),
      token: total & 0xff,
    };
  }
}

const V2_SYNC = 1048;
const V2_COUNT = 1072;
const HEAD = -1;

/** Columns of bits, numbered; which chunk they belong to tells the mark before them. */
class VersionTwo {
  private readonly counts = new Ballot();
  private readonly columns = new Map<number, Ballot>();
  private chunk: number | undefined;
  private lastColumn = -1;

  constructor(private readonly key: Uint8Array | undefined) {}

  hear(length: number): ReceivedNetwork | undefined {
    if (length === V2_SYNC) this.begin(HEAD);
    else if (length >= V2_COUNT && length < V2_COUNT + 128) {
      this.counts.vote(0, length - V2_COUNT);
      this.begin(HEAD);
    } else if (length >= 128 && length < 192) this.begin(length - 128);
    else if (length >= 64 && length < 1024 && (length & 64) !== 0)
      return this.column(length >> 7, length & 63);
    return undefined;
  }

  private begin(chunk: number): void {
    this.chunk = chunk;
    this.lastColumn = -1;
  }

  private column(number: number, bits: number): ReceivedNetwork | undefined {
    // Columns count up: one that does not belongs to a chunk whose mark was lost.
    if (number <= this.lastColumn) this.chunk = undefined;
    this.lastColumn = number;
    if (this.chunk === undefined) return undefined;
    const ballot = this.columns.get(this.chunk) ?? new Ballot();
    ballot.vote(number, bits);
    this.columns.set(this.chunk, ballot);
    return this.read();
  }

  /** Six bytes from eight columns, the first byte in the highest bit. */
  private bytesOf(chunk: number): number[] | undefined {
    const columns = this.columns.get(chunk)?.winners(0, 8);
    if (columns === undefined) return undefined;
    return [0, 1, 2, 3, 4, 5].map((at) =>
      columns.reduce((byte, bits, column) => byte | (((bits >> (5 - at)) & 1) << column), 0),
    );
  }

  private text7(chunk: number): number[] | undefined {
    const columns = this.columns.get(chunk)?.winners(0, 8);
    if (columns === undefined) return undefined;
    const bytes = [0, 1, 2, 3, 4, 5].map((at) =>
      columns.slice(0, 7).reduce((byte, bits, column) => byte | (((bits >> (5 - at)) & 1) << column), 0),
    );
    return (checksumOf(bytes) & 63) === columns[7] ? bytes : undefined;
  }

  private coded(chunk: number): number[] | undefined {
    const bytes = this.bytesOf(chunk);
    if (bytes === undefined || checksumOf(bytes.slice(0, 5)) !== bytes[5]) return undefined;
    return bytes.slice(0, 5);
  }

  private read(): ReceivedNetwork | undefined {
    const head = this.bytesOf(HEAD);
    const count = this.counts.winner(0);
    if (head === undefined || count === undefined) return undefined;
    const [ssidInfo = 0, passwordInfo = 0, reservedInfo = 0, , flags = 0, crc] = head;
    if (checksumOf(head.slice(0, 5)) !== crc) return undefined;
    const lengths = { ssid: ssidInfo & 127, password: passwordInfo & 127, reserved: reservedInfo & 127 };
    const security = (flags >> 1) & 3;
    const parts = this.layout(
      lengths,
      [passwordInfo, reservedInfo, ssidInfo].map((info) => info >= 128),
      security,
    );
    const read: number[][] = [];
    let chunk = 0;
    for (const { length, isCoded } of parts) {
      const size = isCoded ? 5 : 6;
      const bytes: number[] = [];
      for (let at = 0; at < length; at += size) {
        const piece = isCoded ? this.coded(chunk) : this.text7(chunk);
        if (piece === undefined) return undefined;
        bytes.push(...piece);
        chunk += 1;
      }
      read.push(bytes.slice(0, length));
    }
    if (chunk !== count) return undefined;
    return this.result(read, lengths, security, (flags >> 3) & 3);
  }

  /** Password and reserved data stand together when both are text, or encrypted. */
  private layout(
    { ssid, password, reserved }: { ssid: number; password: number; reserved: number },
    [passwordCoded = false, reservedCoded = false, ssidCoded = false]: readonly boolean[],
    security: number,
  ): { length: number; isCoded: boolean }[] {
    const name = { length: ssid, isCoded: ssidCoded };
    if (security !== 0) {
      const sealed = { length: 16 * (Math.floor((password + reserved) / 16) + 1), isCoded: true };
      return security === 2 ? [sealed, { length: 20, isCoded: true }, name] : [sealed, name];
    }
    if (!passwordCoded && !reservedCoded) return [{ length: password + reserved, isCoded: false }, name];
    return [{ length: password, isCoded: passwordCoded }, { length: reserved, isCoded: reservedCoded }, name];
  }

  private result(
    parts: readonly number[][],
    lengths: { password: number; reserved: number },
    security: number,
    portIndex: number,
  ): ReceivedNetwork | undefined {
    const ssid = parts.at(-1) ?? [];
    let both = security === 0 ? parts.slice(0, -1).flat() : (parts[0] ?? []);
    if (security !== 0) {
      if (this.key === undefined) return undefined;
      const start = security === 2 ? Buffer.from(parts[1] ?? []).subarray(0, 16) : Buffer.alloc(16);
      const decipher = createDecipheriv('aes-128-cbc', this.key, start);
      try {
        both = [...Buffer.concat([decipher.update(Uint8Array.from(both)), decipher.final()])];
      } catch {
        return undefined;
      }
    }
    const password = both.slice(0, lengths.password);
    const reserved = Uint8Array.from(both.slice(lengths.password, lengths.password + lengths.reserved));
    return {
      protocol: 'v2',
      ssid: text(ssid),
      password: text(password),
      portIndex,
      token: portIndex,
      reserved,
    };
  }
}

const text = (bytes: readonly number[]): string => Buffer.from(bytes).toString();
