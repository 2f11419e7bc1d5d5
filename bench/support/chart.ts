// A picture of figures side by side: bars from a common zero, as an SVG that reads well on light and dark pages.

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** As it is written beside the bar, with its unit. */
  readonly text: string;
  readonly ours: boolean;
}

const WIDTH = 760;
const LABEL_WIDTH = 300;
const TEXT_WIDTH = 110;
const ROW = 30;
const HEAD = 44;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** @param title also what a screen reader says of it, with the figures */
export function barChart(title: string, bars: readonly Bar[]): string {
  const longest = Math.max(...bars.map(({ value }) => value));
  const room = WIDTH - LABEL_WIDTH - TEXT_WIDTH;
  const rows = bars.map(({ label, value, text, ours }, index) => {
    const y = HEAD + index * ROW;
    // Never nothing: the least figure is often the best.
    const width = Math.max(2, Math.round((value / longest) * room));
    return [
      `  <text class="label" x="${LABEL_WIDTH - 10}" y="${y + 15}" text-anchor="end">${escaped(label)}</text>`,
      `  <rect class="${ours ? 'ours' : 'theirs'}" x="${LABEL_WIDTH}" y="${y}" width="${width}" height="20" rx="3"/>`,
      `  <text class="value" x="${LABEL_WIDTH + width + 8}" y="${y + 15}">${escaped(text)}</text>`,
    ].join('\n');
  });
  const spoken = bars.map(({ label, text }) => `${label}: ${text}`).join('; ');
  const height = HEAD + bars.length * ROW + 6;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(`${title}. ${spoken}`).replaceAll('"', '&quot;')}">
  <style>
    text { font: 14px system-ui, sans-serif; fill: #1f2328; }
    .title { font-weight: 600; }
    .ours { fill: #0b6bcb; }
    .theirs { fill: #8c959f; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .ours { fill: #58a6ff; }
      .theirs { fill: #6e7681; }
    }
  </style>
  <text class="title" x="8" y="24">${escaped(title)}</text>
${rows.join('\n')}
</svg>
`;
}
