// Protocol Buffers as firmware reads and writes them: fields with numbers or bytes.

/** The last value of each field. */
export type Fields = ReadonlyMap<number, bigint | Buffer>;

/** @throws RangeError for what is no message */
export function readFields(data: Buffer): Fields {
  const fields = new Map<number, bigint | Buffer>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = data.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const kind = key & 7n;
    if (kind === 0n) fields.set(Number(key >> 3n), varint());
    else if (kind === 2n) {
      const length = Number(varint());
      if (at + length > data.length) throw new RangeError('a field runs past the end');
      fields.set(Number(key >> 3n), data.subarray(at, (at += length)));
    } else throw new RangeError('an unknown kind of field');
  }
  return fields;
}

export const numberOf = (value: bigint | Buffer | undefined): number =>
  typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : 0;

function writeVarint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Buffer.from(bytes);
}

/** proto3 leaves a zero out. */
export const varintField = (field: number, value: number): Buffer =>
  value === 0
    ? Buffer.alloc(0)
    : Buffer.concat([writeVarint(BigInt(field << 3)), writeVarint(BigInt(value))]);
export const bytesField = (field: number, value: Buffer): Buffer =>
  Buffer.concat([writeVarint(BigInt((field << 3) | 2)), writeVarint(BigInt(value.length)), value]);
