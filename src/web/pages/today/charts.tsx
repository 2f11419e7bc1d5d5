// The few charts: labelled directly, each with the table behind it.
import type { ComponentChildren, JSX } from 'preact';
import type { Today } from '../../../service/contract/index.js';
import {
  formatClock,
  formatCount,
  formatHour,
  formatShare,
  formatShort,
  zoneName,
} from '../../format/format.js';
import { maybe, runWordsFor, t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { PlainTable } from '../../ui/plain-table.js';

interface ChartProps {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}

/** A drawing for the eye and a table for the rest: the drawing itself is silent. */
function Chart({ title, heads, rows, wide = false, children }: ChartProps): JSX.Element {
  return (
    <section class={`card chart ${wide ? 'wide' : ''}`}>
      <header>
        <h2>{title}</h2>
      </header>
      {children}
      <details class="table-behind">
        <summary>{t('today.table')}</summary>
        <PlainTable<readonly (string | number)[]>
          caption={title}
          rows={rows}
          keyOf={([name = '']) => name}
          columns={heads.map((name, at) => ({ name, number: at > 0, cell: (row) => row[at] }))}
        />
      </details>
    </section>
  );
}

export function HourColumns({ hours }: { hours: Today['hours'] }): JSX.Element {
  const most = Math.max(1, ...hours.map(({ passed, failed }) => passed + failed));
  return (
    <Chart
      wide
      title={`${t('today.byHour')} (${zoneName()})`}
      heads={[`${t('today.hour')} (${zoneName()})`, t('today.passed'), t('today.failed')]}
      rows={hours.map(({ start, passed, failed }) => [formatClock(start), passed, failed])}
    >
      <div class="columns" aria-hidden="true">
        {hours.map(({ start, passed, failed }) => (
          <div key={start} class="column" title={`${formatClock(start)}: ${passed} / ${failed}`}>
            <span class="column-value">
              {passed > 0 ? formatCount(passed) : ''}
              {failed > 0 && <b> {failed}✕</b>}
            </span>
            <span class="column-bar failed" style={{ height: `${(failed / most) * 100}%` }} />
            <span class="column-bar" style={{ height: `${(passed / most) * 100}%` }} />
            <span class="column-name">{formatHour(start)}</span>
          </div>
        ))}
      </div>
    </Chart>
  );
}

const causeOf = (code: string): string => runWordsFor(code)?.cause ?? '';
const stageName = (stage: string): string => maybe(`stage.${stage}`) ?? stage;

/** Pareto of causes: the most frequent first, each leads to its jobs. */
export function CauseBars({ failures }: { failures: Today['failures'] }): JSX.Element {
  const most = Math.max(1, ...failures.map(({ count }) => count));
  return (
    <Chart
      title={t('today.causes')}
      heads={[t('today.cause'), t('today.runs'), t('today.share'), t('today.cumulative')]}
      rows={failures.map(({ code, stage, count, share, cumulative }) => [
        `${causeOf(code)} ${code} (${stageName(stage)})`,
        count,
        formatShare(share),
        formatShare(cumulative),
      ])}
    >
      {failures.length === 0 && <p class="muted">{t('today.noFailures')}</p>}
      <ul class="bars">
        {failures.map(({ code, stage, count, share }) => (
          <li key={code + stage}>
            <a href={link(['today'], { code })} class="bars-name" title={stageName(stage)}>
              {causeOf(code)} <small class="mono">{code}</small>
            </a>
            <span class="bars-track">
              <span class="bars-fill failed" style={{ width: `${(count / most) * 100}%` }} />
            </span>
            <span class="bars-value">
              {count} <small class="muted">{formatShare(share)}</small>
            </span>
          </li>
        ))}
      </ul>
    </Chart>
  );
}

/** Median of each stage, with a tick where 95 of 100 boards are done. */
export function StageBars({ stages }: { stages: Today['stages'] }): JSX.Element {
  const longest = Math.max(1, ...stages.map(({ p95Ms }) => p95Ms));
  return (
    <Chart
      title={t('today.byStage')}
      heads={[t('today.stage'), t('today.median'), t('today.p95'), t('today.runs')]}
      rows={stages.map(({ stage, medianMs, p95Ms, count }) => [
        t(`stage.${stage}`),
        formatShort(medianMs),
        formatShort(p95Ms),
        count,
      ])}
    >
      <ul class="bars">
        {stages.map(({ stage, medianMs, p95Ms }) => (
          <li key={stage}>
            <span class="bars-name">{t(`stage.${stage}`)}</span>
            <span class="bars-track" title={`95 %: ${formatShort(p95Ms)}`}>
              <span class="bars-fill" style={{ width: `${(medianMs / longest) * 100}%` }} />
              <span class="bars-tick" style={{ left: `${(p95Ms / longest) * 100}%` }} />
            </span>
            <span class="bars-value">{formatShort(medianMs)}</span>
          </li>
        ))}
      </ul>
      <p class="muted small">{t('today.tick')}</p>
    </Chart>
  );
}
