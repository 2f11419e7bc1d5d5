// Makes a screenshot small: PNG with a palette of its 256 most frequent colours, which is nearly all that a page has.
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE_BYTES = 8;
const MAX_COLOURS = 256;
const CHANNELS = { 2: 3, 6: 4 };

/** Takes and gives the bytes of a PNG file (8 bits, RGB or RGBA, as browsers write them). */
export function shrinkPng(png) {
  const { width, height, channels, data } = decode(png);
  const colours = new Map();
  const count = width * height;
  const keys = new Uint32Array(count);
  for (let at = 0; at < count; at++) {
    const from = at * channels;
    keys[at] = (data[from] << 16) | (data[from + 1] << 8) | data[from + 2];
    colours.set(keys[at], (colours.get(keys[at]) ?? 0) + 1);
  }
  const palette = [...colours]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MAX_COLOURS)
    .map(([key]) => key);
  const nearest = new Map(palette.map((key, index) => [key, index]));
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const key = keys[y * width + x];
      let index = nearest.get(key);
      if (index === undefined) {
        index = nearestOf(palette, key);
        nearest.set(key, index);
      }
      rows[y * (width + 1) + 1 + x] = index;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const entries = Buffer.from(palette.flatMap((key) => [key >> 16, (key >> 8) & 255, key & 255]));
  const chunks = [
    chunk('IHDR', header),
    chunk('PLTE', entries),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([png.subarray(0, SIGNATURE_BYTES), ...chunks]);
}

function nearestOf(palette, key) {
  const distance = (other) => {
    const [red, green, blue] = [16, 8, 0].map((shift) => ((other >> shift) & 255) - ((key >> shift) & 255));
    return 2 * red * red + 4 * green * green + 3 * blue * blue;
  };
  return palette.reduce(
    (best, other, index) => (distance(other) < distance(palette[best]) ? index : best),
    0,
  );
}

function chunk(type, body) {
  const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(type), body, Buffer.alloc(4)]);
  bytes.writeUInt32BE(body.length, 0);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + body.length)), 8 + body.length);
  return bytes;
}

function decode(png) {
  const parts = [];
  for (let at = SIGNATURE_BYTES; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const channels = CHANNELS[png[25]];
  if (png[24] !== 8 || channels === undefined) throw new Error('not an 8-bit RGB picture');
  return {
    width,
    height,
    channels,
    data: unfilter(inflateSync(Buffer.concat(parts)), width * channels, height, channels),
  };
}

/** Takes back the five filters of the PNG specification, section 9. */
function unfilter(raw, stride, height, step) {
  const data = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const left = x < step ? 0 : data[y * stride + x - step];
      const up = y === 0 ? 0 : data[(y - 1) * stride + x];
      const corner = x < step || y === 0 ? 0 : data[(y - 1) * stride + x - step];
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      data[y * stride + x] = raw[y * (stride + 1) + 1 + x] + predicted;
    }
  }
  return data;
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((value) => Math.abs(guess - value));
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
