// Seeded hostile inputs for the NVS codec: noise, and sound images with damage that keeps checksums right, so that it
// gets past the first look.
import { nvsCrc32 } from '../../src/core/nvs/crc32.js';
import { sealEntry } from '../../src/core/nvs/entry.js';
import { type NvsRow, encodeNvs } from '../../src/core/nvs/index.js';
import { seededRandom } from './nvs-random-csv.js';

const ROWS: NvsRow[] = [
  { namespace: 'zc', key: 'uuid', type: 'string', value: '550e8400-e29b-51d4-a716-446655440000' },
  { namespace: 'zc', key: 'count', type: 'u32', value: 7 },
  { namespace: 'phy', key: 'cal', type: 'blob', value: new Uint8Array(5000).fill(9) },
  { namespace: 'phy', key: 'mac', type: 'blob', value: new Uint8Array(6) },
];
const SOUND = encodeNvs(ROWS, 0x3000);

/** The image of one seed: 12 KiB or less, now and then cut anywhere. */
export function hostileImage(seed: number): Uint8Array {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  if (below(8) === 0) return Uint8Array.from({ length: below(7000) }, () => below(256));
  const image = SOUND.slice();
  for (let i = below(12); i >= 0; i--) damage(image, below);
  return below(10) === 0 ? image.slice(0, below(image.length)) : image;
}

function damage(image: Uint8Array, below: (limit: number) => number): void {
  const page = 0x1000 * below(3);
  const slot = page + 64 + 32 * below(20);
  switch (below(5)) {
    case 0: // one byte anywhere
      image[below(image.length)] = below(256);
      return;
    case 1: // a field of an entry, its CRC made right
      image[slot + [0, 1, 2, 3, 8, 24, 25, 28, 29, 30][below(10)]!] = [
        0,
        1,
        2,
        0x21,
        0x42,
        0x48,
        0x7f,
        0x80,
        0xff,
        below(256),
      ][below(10)]!;
      sealEntry(image, slot);
      return;
    case 2: // an entry copied over another
      image.copyWithin(slot, page + 64 + 32 * below(20), page + 96 + 32 * below(20));
      return;
    case 3: // the bitmap
      image[page + 32 + below(32)] = below(256);
      return;
    default: // a page header, its CRC made right
      image[page + [0, 4, 8][below(3)]!] = [0xfe, 0xfc, 0xf8, 0xff, below(256)][below(5)]!;
      new DataView(image.buffer).setUint32(page + 28, nvsCrc32(image, page + 4, page + 28), true);
  }
}

/** Texts that look like CSV, broken in seeded ways. */
export function* mixedSeeds(count: number): Generator<Uint8Array> {
  const pieces = [
    'key,type,encoding,value\n',
    'ns,namespace,,\n',
    'k,data,u8,1\n',
    '"',
    ',',
    '\n',
    '#',
    '\r',
    'blob_fill(',
    '9'.repeat(30),
    '\0',
    'é',
    'k,data,base64,',
    'k,file,hex2bin,x\n',
    'k,data,blob_fill(4294967295;0x00),\n',
  ];
  for (let seed = 0; seed < count; seed++) {
    const random = seededRandom(seed);
    const text = Array.from({ length: 30 }, () => pieces[Math.floor(random() * pieces.length)]).join('');
    const bytes = new TextEncoder().encode(`${random() < 0.8 ? pieces[0] : ''}${text}`);
    if (random() < 0.2) bytes[Math.floor(random() * bytes.length)] = 0xff;
    yield bytes;
  }
}
