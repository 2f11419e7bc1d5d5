// One number with its name, large; it leads to what is behind it.
import type { ComponentChildren, JSX } from 'preact';
import type { FiguresInfo } from '../../../service/contract/index.js';
import { formatCount, formatDuration, formatShare } from '../../format/format.js';
import { t } from '../../i18n/translate.js';

interface FigureProps {
  readonly name: string;
  readonly tone?: string;
  readonly to?: string;
  readonly children: ComponentChildren;
}

export function Figure({ name, tone = '', to, children }: FigureProps): JSX.Element {
  const inside = (
    <>
      <span class="figure-name">{name}</span>
      <span class={`figure-value ${tone}`}>{children}</span>
    </>
  );
  return <li class="card">{to === undefined ? <div>{inside}</div> : <a href={to}>{inside}</a>}</li>;
}

/** How good and how fast: of a day, and of a batch. */
export function PaceFigures({ figures }: { figures: FiguresInfo }): JSX.Element {
  const { firstPassYield, boardsPerHour, taktMs = 0 } = figures;
  const rows = [
    [t('today.yield'), firstPassYield === undefined ? '–' : formatShare(firstPassYield)],
    [t('today.perHour'), boardsPerHour === undefined ? '–' : formatCount(Math.round(boardsPerHour))],
    [t('today.takt'), taktMs < 100 ? '–' : formatDuration(taktMs)],
  ] as const;
  return (
    <>
      {rows.map(([name, value]) => (
        <Figure key={name} name={name}>
          {value}
        </Figure>
      ))}
    </>
  );
}
