// As much of Protocol Buffers as protocomm's messages need: varints and bytes, unknown fields passed over. Pure.
// https://protobuf.dev/programming-guides/encoding

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

type FieldValue = number | string | Uint8Array;
export type Fields = readonly (readonly [number: number, value: FieldValue | undefined])[];

/**
 * Writes fields in the order given. A number 0 and an empty text are left out, as proto3 does; bytes are always written,
 * because an empty message that is chosen of several must show. Negative numbers take ten bytes (int32).
 */
export function encodeMessage(fields: Fields): Uint8Array {
  const bytes: number[] = [];
  for (const [number, value] of fields) {
    if (value === undefined || value === 0 || value === '') continue;
    if (typeof value === 'number') {
      pushVarint(bytes, BigInt((number << 3) | WIRE.varint));
      pushVarint(bytes, BigInt.asUintN(64, BigInt(value)));
    } else {
      const data = typeof value === 'string' ? new TextEncoder().encode(value) : value;
      pushVarint(bytes, BigInt((number << 3) | WIRE.bytes));
      pushVarint(bytes, BigInt(data.length));
      for (const byte of data) bytes.push(byte);
    }
  }
  return Uint8Array.from(bytes);
}

/** A message as it was read. Of a field that comes twice the last counts, but for `all`. */
export class Message {
  readonly #fields = new Map<number, (bigint | Uint8Array)[]>();

  /** @throws RangeError where the bytes end too early or are no message */
  constructor(bytes: Uint8Array) {
    const reader = new Reader(bytes);
    while (!reader.atEnd) {
      const key = Number(reader.varint());
      const value = reader.value(key & 0b111);
      const list = this.#fields.get(key >>> 3) ?? [];
      if (value !== undefined) list.push(value);
      this.#fields.set(key >>> 3, list);
    }
  }

  /** Whether the field came at all. */
  has(field: number): boolean {
    return this.#fields.has(field);
  }

  /** A number of 32 bits with its sign; 0 where it is absent. */
  number(field: number): number {
    const value = this.#fields.get(field)?.at(-1);
    return typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : 0;
  }

  bytes(field: number): Uint8Array {
    const value = this.#fields.get(field)?.at(-1);
    return value instanceof Uint8Array ? value : new Uint8Array();
  }

  text(field: number): string {
    return new TextDecoder().decode(this.bytes(field));
  }

  /** A message inside; an empty one where it is absent. */
  message(field: number): Message {
    return new Message(this.bytes(field));
  }

  all(field: number): Message[] {
    return (this.#fields.get(field) ?? []).flatMap((value) =>
      value instanceof Uint8Array ? [new Message(value)] : [],
    );
  }
}

class Reader {
  #at = 0;
  constructor(private readonly data: Uint8Array) {}

  get atEnd(): boolean {
    return this.#at >= this.data.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.data[this.#at++];
      if (byte === undefined) throw new RangeError('a number has no end');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number has more than ten bytes');
  }

  /** undefined for kinds of values that no message of ours has. */
  value(wireType: number): bigint | Uint8Array | undefined {
    if (wireType === WIRE.varint) return this.varint();
    if (wireType === WIRE.bytes) return this.#take(Number(this.varint()));
    if (wireType === WIRE.fixed64) return void this.#take(8);
    if (wireType === WIRE.fixed32) return void this.#take(4);
    throw new RangeError(`a field of kind ${wireType}`);
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.data.length) throw new RangeError('a field runs past the end');
    const taken = this.data.slice(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function pushVarint(bytes: number[], value: bigint): void {
  let rest = value;
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
}
