// A label as dots of a printer, and those as a PNG (W3C PNG specification, one bit of grey a dot).
import { zlibSync } from 'fflate';
import { crc32Update } from '../nvs/crc32.js';
import { GLYPH_ROWS, type LabelFont } from './letters.js';
import type { LabelLayout, TextLine } from './layout.js';

export interface Raster {
  readonly width: number;
  readonly height: number;
  /** One byte a dot, row by row; 1 is dark. */
  readonly dots: Uint8Array;
}

const MM_PER_INCH = 25.4;

/** Every module has the same whole number of dots: a scaled code would scan badly. */
export function rasterize(label: LabelLayout): Raster {
  const dotsOf = (mm: number): number => Math.round((mm * label.dpi) / MM_PER_INCH);
  const width = dotsOf(label.widthMm);
  const height = dotsOf(label.heightMm);
  const raster = { width, height, dots: new Uint8Array(width * height) };
  const { modules, xMm, yMm, sideMm } = label.qr;
  const scale = Math.max(1, Math.floor(dotsOf(sideMm) / modules.length));
  modules.forEach((row, y) => {
    row.forEach((dark, x) => {
      if (dark) fill(raster, dotsOf(xMm) + x * scale, dotsOf(yMm) + y * scale, scale);
    });
  });
  for (const line of label.lines) drawText(raster, line, label.font, dotsOf);
  return raster;
}

function drawText(raster: Raster, line: TextLine, font: LabelFont, dotsOf: (mm: number) => number): void {
  const scale = Math.max(1, Math.floor(dotsOf(line.heightMm) / GLYPH_ROWS));
  let left = dotsOf(line.xMm);
  const top = dotsOf(line.yMm);
  for (const letter of line.text) {
    const { columns, rows } = font.glyph(letter);
    rows.forEach((bits, row) => {
      for (let column = 0; column < columns; column++) {
        if (((bits >> (columns - 1 - column)) & 1) === 1) {
          fill(raster, left + column * scale, top + row * scale, scale);
        }
      }
    });
    left += columns * scale;
  }
}

/** One line of text alone, as wide and high as its letters. */
export function rasterizeLine(line: TextLine, font: LabelFont, dpi: number): Raster {
  const dotsOf = (mm: number): number => Math.round((mm * dpi) / MM_PER_INCH);
  const scale = Math.max(1, Math.floor(dotsOf(line.heightMm) / GLYPH_ROWS));
  const columns = [...line.text].reduce((sum, letter) => sum + font.columnsOf(letter), 0);
  const [width, height] = [columns * scale, GLYPH_ROWS * scale];
  const raster = { width, height, dots: new Uint8Array(width * height) };
  drawText(raster, { ...line, xMm: 0, yMm: 0 }, font, dotsOf);
  return raster;
}

function fill({ width, height, dots }: Raster, left: number, top: number, size: number): void {
  for (let y = Math.max(0, top); y < Math.min(height, top + size); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, left + size); x++) dots[y * width + x] = 1;
  }
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** PNG with the size of a dot, so that it prints in its real size. */
export function rasterToPng(raster: Raster, dpi: number): Uint8Array {
  const { width, height, dots } = raster;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // Bit depth 1, grey; deflate, no filter, not interlaced.
  header.set([1, 0, 0, 0, 0], 8);
  const physical = new Uint8Array(9);
  const perMetre = Math.round((dpi * 1000) / MM_PER_INCH);
  new DataView(physical.buffer).setUint32(0, perMetre);
  new DataView(physical.buffer).setUint32(4, perMetre);
  physical[8] = 1;
  const rowBytes = 1 + Math.ceil(width / 8);
  const pixels = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const index = y * rowBytes + 1 + (x >> 3);
      if (dots[y * width + x] === 0) pixels[index] = (pixels[index] ?? 0) | (0x80 >> (x & 7));
    }
  }
  const parts = [
    SIGNATURE,
    chunk('IHDR', header),
    chunk('pHYs', physical),
    chunk('IDAT', zlibSync(pixels)),
    chunk('IEND', new Uint8Array(0)),
  ];
  return concat(parts);
}

/** Length, type, data, and a CRC-32 over type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  // PNG, annex D: the register begins with all ones and is turned over at the end.
  view.setUint32(8 + data.length, ~crc32Update(0xffffffff, bytes, 4, 8 + data.length) >>> 0);
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
