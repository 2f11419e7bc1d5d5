// A label as ZPL II (Zebra, ZPL II Programming Guide): the printer makes the QR code itself, sharp at its own dots.
import { bytesToHex } from '@noble/hashes/utils.js';
import type { LabelLayout, TextLine } from './layout.js';
import { rasterizeLine } from './raster.js';

/** What the scalable font of every printer has: ASCII and the letters of western Europe. Others are sent as graphics. */
const PRINTER_LETTERS = /^[\x20-\x7e\xa0-\xff]*$/;
const MM_PER_INCH = 25.4;
/** ^BQ magnification: dots a module. */
const LARGEST_MODULE_DOTS = 10;
/** ^BQ begins this many dots below its ^FO. */
const QR_DROP_DOTS = 10;

export function labelToZpl({ widthMm, heightMm, dpi, qr, lines, font }: LabelLayout): string {
  const dots = (mm: number): number => Math.max(0, Math.round((mm * dpi) / MM_PER_INCH));
  const moduleDots = Math.min(
    LARGEST_MODULE_DOTS,
    Math.max(1, Math.floor(dots(qr.sideMm) / qr.modules.length)),
  );
  const commands = [
    '^XA',
    // Text is UTF-8; the label's own size, whatever the printer was set to.
    '^CI28',
    `^PW${dots(widthMm)}`,
    `^LL${dots(heightMm)}`,
    '^LH0,0',
    // Model 2; in the data: error correction M, automatic mode.
    `^FO${dots(qr.xMm)},${Math.max(0, dots(qr.yMm) - QR_DROP_DOTS)}^BQN,2,${moduleDots}^FH_^FDMA,${escapeField(qr.text)}^FS`,
    ...lines.map((line) => {
      const { text, xMm, yMm, heightMm } = line;
      const place = `^FO${dots(xMm)},${dots(yMm)}`;
      if (!PRINTER_LETTERS.test(text)) return `${place}${graphicOf(line)}^FS`;
      const height = dots(heightMm);
      return `${place}^A0N,${height},${Math.round(height * 0.8)}^FH_^FD${escapeField(text)}^FS`;
    }),
    '^XZ',
  ];
  return `${commands.join('\n')}\n`;

  /** ^GFA: bytes in all, bytes in all, bytes a row, the rows in hex; a set bit is a dark dot. */
  function graphicOf(line: TextLine): string {
    const { width, height, dots: dark } = rasterizeLine(line, font, dpi);
    const rowBytes = Math.ceil(width / 8);
    const bytes = new Uint8Array(rowBytes * height);
    dark.forEach((dot, index) => {
      const [x, y] = [index % width, Math.floor(index / width)];
      const at = y * rowBytes + (x >> 3);
      if (dot === 1) bytes[at] = (bytes[at] ?? 0) | (0x80 >> (x & 7));
    });
    return `^GFA,${bytes.length},${bytes.length},${rowBytes},${bytesToHex(bytes).toUpperCase()}`;
  }
}

/** With ^FH_ every byte may be written as _XX: so nothing in a value can end the field or begin a command. */
function escapeField(text: string): string {
  return [...new TextEncoder().encode(text)]
    .map((byte) => {
      const plain = byte >= 0x20 && byte < 0x7f && !'^~_\\'.includes(String.fromCharCode(byte));
      return plain ? String.fromCharCode(byte) : `_${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
