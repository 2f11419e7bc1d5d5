import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/reference-tools.js';

const css = readFileSync(join(ROOT, 'src/web/styles/tokens.css'), 'utf8');

type Theme = 'light' | 'dark';
type Rgb = readonly [red: number, green: number, blue: number];

/** Linear light of an OKLCH colour (Ottosson's matrices), clipped to what an sRGB screen can show. */
function linearRgb(lightness: number, chroma: number, hueDegrees: number): Rgb {
  const hue = (hueDegrees * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number): number => Math.min(1, Math.max(0, value));
  return [
    clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Every `--name: light-dark(oklch(...), oklch(...))` of the file. */
const COLOURS = new Map(
  [...css.matchAll(/--([\w-]+):\s*light-dark\(oklch\(([^)/]+)\),\s*oklch\(([^)/]+)\)\)/g)].map(
    ([, name = '', light = '', dark = '']) => {
      const parse = (text: string): number => {
        const [l = 0, c = 0, h = 0] = text.trim().split(/\s+/).map(Number);
        return luminance(linearRgb(l, c, h));
      };
      return [name, { light: parse(light), dark: parse(dark) }];
    },
  ),
);

function contrast(first: string, second: string, theme: Theme): number {
  const [a, b] = [COLOURS.get(first)?.[theme], COLOURS.get(second)?.[theme]];
  if (a === undefined || b === undefined) throw new Error(`${first} or ${second} is no colour of tokens.css`);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const BACKGROUNDS = ['surface', 'raised', 'sunken', 'hover'];
const TEXTS: [string, string][] = [
  ...BACKGROUNDS.flatMap((background): [string, string][] => [
    ['text', background],
    ['muted', background],
    ['accent-text', background],
  ]),
  ...['pass', 'fail', 'warn', 'accent'].flatMap((tone): [string, string][] => [
    [`on-${tone}`, tone],
    [`${tone}-text`, `${tone}-soft`],
    [`${tone}-text`, 'raised'],
    [`${tone}-text`, 'surface'],
  ]),
  ['text', 'accent-soft'],
  ['text', 'warn-soft'],
  ['muted', 'accent-soft'],
  // The banner that says offline turns the page's own colours around.
  ['surface', 'text'],
];
/** Edges of controls, marks and fills that carry meaning. */
const SHAPES: [string, string][] = [
  ['border-strong', 'surface'],
  ['border-strong', 'raised'],
  ['accent', 'surface'],
  ['accent', 'raised'],
  ['accent', 'sunken'],
  ['pass', 'surface'],
  ['fail', 'surface'],
  ['pass', 'raised'],
  ['fail', 'raised'],
];

describe('the colours', () => {
  it('are all found in the file', () => {
    expect(COLOURS.size).toBeGreaterThan(20);
    expect(contrast('text', 'text', 'light')).toBe(1);
  });

  describe.each(['light', 'dark'] as const)('of the %s theme', (theme) => {
    it.each(TEXTS)('%s on %s can be read (4.5 to 1)', (text, background) => {
      expect(contrast(text, background, theme)).toBeGreaterThanOrEqual(4.5);
    });
    it.each(SHAPES)('%s on %s can be seen (3 to 1)', (shape, background) => {
      expect(contrast(shape, background, theme)).toBeGreaterThanOrEqual(3);
    });
  });
});
