import jsqr from 'jsqr';
import { inflateSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { layOutLabel } from './layout.js';
import { labelsToPdf } from './pdf.js';
import { rasterize, rasterToPng } from './raster.js';
import { labelToSvg } from './svg.js';
import { fillLabel, type LabelValues } from './template.js';
import { parseLabelTemplate } from './template-file.js';
import { labelToZpl } from './zpl.js';
import { labelFont } from '../../station/index.js';

const TEMPLATE = parseLabelTemplate(
  `
widthMm: 50
heightMm: 25
qr: '{{serial}};{{uuid}}'
lines: ['{{serial}}', '{{mac}}', 'Lot {{lot}}']
`,
  'label.yaml',
);
const VALUES: LabelValues = {
  mac: 'a4:cf:12:34:56:78',
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  serial: 'ZC-0001',
  lot: 'A^7~_',
};
const CODE = 'ZC-0001;110e3dc9-fa05-568f-a05a-98d00891029d';

type Decode = (pixels: Uint8ClampedArray, width: number, height: number) => { data: string } | null;
// The package is CommonJS: which of the two is its function depends on who loads it.
const loaded = jsqr as unknown as Decode & { readonly default?: Decode };
const decode: Decode = loaded.default ?? loaded;

/** What an independent decoder reads in dots, 1 being dark. */
function scan(width: number, height: number, isDark: (x: number, y: number) => boolean): string | undefined {
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      if (isDark(x, y)) pixels.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
  }
  return decode(pixels, width, height)?.data;
}

const font = await labelFont();

/** The letters that the text maps of a PDF name (ISO 32000-1, 9.10.3), without blanks. */
function textOfPdf(pdf: Uint8Array): Set<string> {
  const bytes = Buffer.from(pdf);
  const letters = new Set<string>();
  for (let at = bytes.indexOf('stream\n'); at !== -1; at = bytes.indexOf('stream\n', at + 1)) {
    if (bytes.subarray(at - 3, at).toString('latin1') === 'end') continue;
    let text = '';
    try {
      text = inflateSync(bytes.subarray(at + 7)).toString('latin1');
    } catch {
      continue;
    }
    if (!text.includes('beginbfrange')) continue;
    for (const [, codes = ''] of text.matchAll(/\[([^\]]*)\]/g)) {
      for (const [, code = ''] of codes.matchAll(/<([0-9a-f]{4})>/gi)) {
        letters.add(String.fromCodePoint(Number.parseInt(code, 16)));
      }
    }
  }
  letters.delete(' ');
  letters.delete('\0');
  return letters;
}

describe('a label', () => {
  it('as PNG is decoded again by another program, and has the size of the label', () => {
    const label = layOutLabel(TEMPLATE, VALUES, font);
    const png = Buffer.from(rasterToPng(rasterize(label), label.dpi));
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    expect([width, height]).toEqual([400, 200]);
    const from = png.indexOf('IDAT');
    const rows = inflateSync(png.subarray(from + 4, from + 4 + png.readUInt32BE(from - 4)));
    const rowBytes = 1 + Math.ceil(width / 8);
    const isDark = (x: number, y: number): boolean =>
      ((rows[y * rowBytes + 1 + (x >> 3)] ?? 0) & (0x80 >> (x & 7))) === 0;
    expect(scan(width, height, isDark)).toBe(CODE);
  });

  it.each([300, 600] as const)('scans at %i dpi too', (dpi) => {
    const { width, height, dots } = rasterize(layOutLabel({ ...TEMPLATE, dpi }, VALUES, font));
    expect(scan(width, height, (x, y) => dots[y * width + x] === 1)).toBe(CODE);
  });

  it('as SVG holds the same code, and no text of a device becomes markup', () => {
    const svg = labelToSvg(layOutLabel(TEMPLATE, { ...VALUES, lot: '<b>&"' }, font));
    const path = /d="([^"]+)"/.exec(svg)?.[1] ?? '';
    const dark = new Set<string>();
    for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
      for (let at = 0; at < Number(length); at++) dark.add(`${Number(x) + at} ${y}`);
    }
    const side = 200;
    const at = (pixel: number): number => Math.floor(pixel / 4) - 8;
    expect(scan(side, side, (x, y) => dark.has(`${at(x)} ${at(y)}`))).toBe(CODE);
    expect(svg).toContain('Lot &lt;b&gt;&amp;&quot;</text>');
  });

  it('as SVG keeps every line within the label, whatever font draws it', () => {
    const svg = labelToSvg(layOutLabel(TEMPLATE, VALUES, font));
    const ends = [...svg.matchAll(/<text x="([\d.]+)".*? textLength="([\d.]+)"/g)].map(
      ([, x, length]) => Number(x) + Number(length),
    );
    expect(ends).toHaveLength(svg.split('<text').length - 1);
    expect(Math.max(...ends)).toBeLessThanOrEqual(TEMPLATE.widthMm - 0.9);
  });

  it('as ZPL lets the printer make the code, and no value can begin a command', () => {
    const zpl = labelToZpl(layOutLabel(TEMPLATE, VALUES, font));
    expect(zpl.startsWith('^XA\n')).toBe(true);
    expect(zpl.endsWith('^XZ\n')).toBe(true);
    expect(zpl).toContain('^PW400\n^LL200\n');
    expect(zpl).toMatch(/\^FO\d+,\d+\^BQN,2,[1-9]\d?\^FH_\^FDMA,ZC-0001;110e3dc9-[0-9a-f-]+\^FS/);
    expect(zpl).toContain('^FDLot A_5E7_7E_5F^FS');
    expect(zpl.match(/\^XA|\^XZ/g)).toHaveLength(2);
    expect(zpl).not.toContain('~');
  });

  it('comes on sheets as PDF: 40 of them fill two pages of A4', async () => {
    const labels = Array.from({ length: 40 }, (_, index) =>
      layOutLabel(TEMPLATE, { ...VALUES, serial: `ZC-${index}` }, font),
    );
    const pdf = Buffer.from(await labelsToPdf(labels)).toString('latin1');
    expect(pdf.match(/\/Type \/Page\b/g)).toHaveLength(2);
  });

  it.each([
    ['& @ \' " $ * ; < > [ ] { } | ~ ^ ` ! \\', true],
    ['Überprüfung №5 € – ½', false],
    ['Łódź Škoda İstanbul', false],
    ['Ωμέγα', false],
    ['Жук Ёлка Їжак', false],
    ['Nguyễn Văn Đệ', false],
    ['测试标签 標籤 ラベル 라벨', false],
  ])('shows %s as it is: in dots, in PDF, in SVG and on the printer', async (text, isPrinters) => {
    const label = layOutLabel({ ...TEMPLATE, widthMm: 80, lines: [text] }, VALUES, font);
    expect(label.lines.map((line) => line.text).join('')).toBe(text);
    const blank = layOutLabel({ ...TEMPLATE, widthMm: 80, lines: [' '] }, VALUES, font);
    expect(rasterToPng(rasterize(label), 203)).not.toEqual(rasterToPng(rasterize(blank), 203));
    // Every letter is drawn by dots of its own, none as another one's stand-in.
    const drawn = [...new Set(text.replaceAll(' ', ''))].map((letter) => font.glyph(letter).rows.join());
    expect(new Set(drawn).size).toBe(drawn.length);
    expect(drawn).not.toContain(font.glyph('?').rows.join());
    expect(labelToZpl(label).includes('^GFA')).toBe(!isPrinters);
    expect(textOfPdf(await labelsToPdf([label]))).toEqual(new Set(text.replaceAll(' ', '')));
  });

  it.each([
    ['עברית', 'U+05E2'],
    ['สวัสดี', 'U+0E2A'],
    ['नमस्ते', 'U+0928'],
    ['a\u0007b', 'U+0007'],
    ['😀', 'U+1F600'],
  ])('is refused by the name of its value for %s, which no font here draws', (lot, code) => {
    expect(() => layOutLabel(TEMPLATE, { ...VALUES, lot }, font)).toThrow(
      expect.objectContaining({
        code: 'LABEL_VALUE_UNDRAWABLE',
        message: expect.stringMatching(new RegExp(`cannot show lot: .*${code.replace('+', '.')}`)) as string,
      }),
    );
  });

  it('is refused by the name of a value that the device does not have, unless it may be missing', () => {
    const missing = (template: object, values: object = {}): (() => unknown) => {
      return () => layOutLabel({ ...TEMPLATE, ...template }, { ...VALUES, ...values }, font);
    };
    expect(missing({}, { serial: undefined })).toThrow(/shows \{\{serial\}\}, and this device has none/);
    expect(missing({ lines: ['Lot {{lot}}'] }, { lot: '' })).toThrow(/shows \{\{lot\}\}/);
    expect(missing({ lines: ['Lot {{lot?}}'] }, { lot: '' })).not.toThrow();
    expect(missing({ qr: '{{serial?}}' }, { serial: '' })).toThrow(/LABEL_VALUE_MISSING|shows \{\{qr\}\}/);
  });

  it('with much to say has a code that is read back, or is refused for its size', () => {
    const long = `${VALUES.uuid};Prüfling Größe Ω 测试;${'0123456789AB-'.repeat(12)}`;
    const label = layOutLabel({ ...TEMPLATE, widthMm: 80, heightMm: 40, qr: long }, VALUES, font);
    const { width, height, dots } = rasterize(label);
    expect(scan(width, height, (x, y) => dots[y * width + x] === 1)).toBe(long);
    expect(() => layOutLabel({ ...TEMPLATE, widthMm: 20, heightMm: 10, qr: long }, VALUES, font)).toThrow(
      expect.objectContaining({ code: 'LABEL_DOES_NOT_FIT' }),
    );
    expect(() => layOutLabel({ ...TEMPLATE, qr: 'Ω'.repeat(3000) }, VALUES, font)).toThrow(
      expect.objectContaining({ code: 'LABEL_DOES_NOT_FIT' }),
    );
  });

  it('keeps its texts inside', () => {
    const label = layOutLabel({ ...TEMPLATE, lines: [VALUES.uuid, 'x'] }, VALUES, font);
    expect(label.lines.map(({ text }) => text)).toEqual(['110e3dc9-fa05-568f-a05a-', '98d00891029d', 'x']);
    for (const { text, xMm, yMm, heightMm } of label.lines) {
      expect(xMm + text.length * heightMm * 0.5).toBeLessThanOrEqual(label.widthMm);
      expect(yMm).toBeGreaterThanOrEqual(0);
      expect(yMm + heightMm).toBeLessThanOrEqual(label.heightMm);
    }
  });
});

describe('a template', () => {
  it('shows no key unless it says so itself', () => {
    const text = `{widthMm: 50, heightMm: 25, qr: '{{ psk }}'}`;
    expect(() => parseLabelTemplate(text, 'f')).toThrow(
      expect.objectContaining({ code: 'LABEL_SECRET_REFUSED' }),
    );
    const allowed = parseLabelTemplate(text.replace('}', '}').replace("'}", "', secret: true}"), 'f');
    expect(() => fillLabel(allowed, VALUES, font)).toThrow(/shows \{\{psk\}\}, and this device has none/);
    const psk = '00112233445566778899aabbccddeeff';
    expect(fillLabel(allowed, { ...VALUES, psk }, font).qr).toBe(psk);
  });

  it.each([
    ['widthMm: [', /not valid YAML/],
    ["{widthMm: 50, heightMm: 25, qr: '{{password}}'}", /unknown placeholder/],
    ['{widthMm: 50, heightMm: 25}', /qr/],
    ["{widthMm: 5, heightMm: 25, qr: 'x'}", /widthMm/],
    ["{widthMm: 50, heightMm: 25, qr: 'x', colour: red}", /colour/],
    ['qr: x\nwidthMm: 50\n"widthMm": 60', /label\.yaml:3 has "widthMm" twice/],
    ['qr: x\nheightMm: 25\nwidthMm: 5', /label\.yaml:3 is not accepted: widthMm/],
  ])('is refused: %s', (text, reason) => {
    expect(() => parseLabelTemplate(text, 'label.yaml')).toThrow(reason);
  });

  it('that YAML warns of is not shown on standard error', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect(() => parseLabelTemplate('%SECRET key\n---\n{widthMm: 50}', 'label.yaml')).toThrow(/qr|heightMm/);
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });
});
