// A label as SVG, for a browser or a drawing program. One unit is a millimetre.
import type { LabelFont } from './letters.js';
import { widthOf, type LabelLayout } from './layout.js';

export function labelToSvg({ widthMm, heightMm, qr, lines, font }: LabelLayout): string {
  const moduleMm = qr.sideMm / qr.modules.length;
  const place = `translate(${mm(qr.xMm)} ${mm(qr.yMm)}) scale(${moduleMm.toFixed(6)})`;
  const texts = lines.map(
    ({ text, xMm, yMm, heightMm }) =>
      `<text x="${mm(xMm)}" y="${mm(yMm + heightMm * 0.85)}" font-size="${mm(heightMm)}" ${lengthOf(text, heightMm, font)}>${escapeXml(text)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${mm(widthMm)}mm" height="${mm(heightMm)}mm" viewBox="0 0 ${mm(widthMm)} ${mm(heightMm)}">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<path transform="${place}" shape-rendering="crispEdges" d="${pathOf(qr.modules)}"/>`,
    `<g font-family="monospace">${texts.join('')}</g>`,
    '</svg>',
    '',
  ].join('\n');
}

/** The width that the layout counted with, whatever monospace font there is: else a line could leave the label. */
function lengthOf(text: string, heightMm: number, font: LabelFont): string {
  return `textLength="${mm(widthOf(text, font) * heightMm)}" lengthAdjust="spacingAndGlyphs"`;
}

/** One rectangle for each run of dark modules, in module units. */
function pathOf(modules: readonly (readonly boolean[])[]): string {
  return darkRuns(modules)
    .map(({ x, y, length }) => `M${x} ${y}h${length}v1h-${length}z`)
    .join('');
}

/** Runs of dark modules in a row: far fewer shapes than modules. */
export function darkRuns(
  modules: readonly (readonly boolean[])[],
): { readonly x: number; readonly y: number; readonly length: number }[] {
  return modules.flatMap((row, y) => {
    const runs: { x: number; y: number; length: number }[] = [];
    row.forEach((dark, x) => {
      const last = runs.at(-1);
      if (!dark) return;
      if (last !== undefined && last.x + last.length === x) last.length += 1;
      else runs.push({ x, y, length: 1 });
    });
    return runs;
  });
}

const mm = (value: number): string => String(Math.round(value * 1000) / 1000);

function escapeXml(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
