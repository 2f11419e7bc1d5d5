// Today: is the line on target, what is failing, since when.
import type { ComponentChildren, JSX } from 'preact';
import type { Today } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatClock, formatCount, formatShare } from '../../format/format.js';
import { currentLocale, t } from '../../i18n/translate.js';
import { link, type Place } from '../../router.js';
import { useStore } from '../../store/store.js';
import { useLoad } from '../../ui/load.js';
import { Blank, Skeleton } from '../../ui/parts.js';
import { CauseBars, HourColumns, StageBars } from './charts.js';
import { JobList } from './job-list.js';

export function TodayPage({ place }: { place: Place }): JSX.Element {
  const today = useStore((state) => state.today);
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.today')}</h1>
        {today !== undefined && (
          <span class="muted">{t('today.since', { time: formatClock(today.since, currentLocale()) })}</span>
        )}
      </header>
      <div class="page-body stack loose">
        {today === undefined ? <Skeleton lines={6} /> : <Board today={today} />}
        <JobList code={place.query['code']} state={place.query['show']} />
        <Stations />
      </div>
    </div>
  );
}

function Board({ today }: { today: Today }): JSX.Element {
  const nothing = today.passed + today.failed === 0;
  return (
    <>
      <Figures today={today} />
      {nothing ? (
        <div class="card">
          <Blank icon="today" title={t('today.none')}>
            <p>{t('today.noneHint')}</p>
          </Blank>
        </div>
      ) : (
        <div class="charts">
          <HourColumns hours={today.hours} />
          <CauseBars failures={today.failures} />
          <StageBars stages={today.stages} />
        </div>
      )}
    </>
  );
}

function Figures({ today }: { today: Today }): JSX.Element {
  const language = currentLocale();
  const count = (value: number): string => formatCount(value, language);
  const { batch, firstPassYield, pending, pendingSync = 0 } = today;
  return (
    <ul class="figures">
      <Figure name={t('count.pass')} tone="pass" to={link(['today'], { show: 'passed' })}>
        {count(today.passed)}
      </Figure>
      <Figure
        name={t('count.fail')}
        tone={today.failed > 0 ? 'fail' : ''}
        to={link(['today'], { show: 'failed' })}
      >
        {count(today.failed)}
      </Figure>
      <Figure name={t('today.yield')}>
        {firstPassYield === undefined ? '–' : formatShare(firstPassYield, language)}
      </Figure>
      <Figure name={t('today.lastHour')}>{count(today.lastHour)}</Figure>
      <Figure
        name={t('today.pending')}
        tone={pending ? 'warn' : ''}
        to={link(['devices'], { status: 'pending' })}
      >
        {pending === undefined ? '–' : count(pending)}
      </Figure>
      {pendingSync > 0 && (
        <Figure name={t('today.pendingSync')} tone="warn" to={link(['settings'], { tab: 'registry' })}>
          {count(pendingSync)}
        </Figure>
      )}
      {batch !== undefined && (
        <Figure name={`${batch.name} · ${t('today.reworked', { n: count(batch.reworked) })}`}>
          {count(batch.passed)}
          <small> / {count(batch.target)}</small>
        </Figure>
      )}
    </ul>
  );
}

interface FigureProps {
  readonly name: string;
  readonly tone?: string;
  readonly to?: string;
  readonly children: ComponentChildren;
}

function Figure({ name, tone = '', to, children }: FigureProps): JSX.Element {
  const inside = (
    <>
      <span class="figure-name">{name}</span>
      <span class={`figure-value ${tone}`}>{children}</span>
    </>
  );
  return <li class="card">{to === undefined ? <div>{inside}</div> : <a href={to}>{inside}</a>}</li>;
}

function Stations(): JSX.Element | null {
  const { value } = useLoad(async (signal) => (await call('listStations', { signal })).stations, 'stations');
  if (value === undefined || value.length === 0) return null;
  return (
    <section class="card flush">
      <header>
        <h2>{t('today.stations')}</h2>
      </header>
      <table class="table cards">
        <thead>
          <tr>
            <th scope="col">{t('settings.stationName')}</th>
            <th scope="col">{t('today.host')}</th>
            <th scope="col">{t('today.version')}</th>
            <th scope="col" class="number">
              {t('today.running')}
            </th>
            <th scope="col" class="number">
              {t('count.pass')}
            </th>
            <th scope="col" class="number">
              {t('count.fail')}
            </th>
          </tr>
        </thead>
        <tbody>
          {value.map(({ name, host, version, running, ports, passedToday, failedToday }) => (
            <tr key={name + host}>
              <th scope="row">{name}</th>
              <td data-name={t('today.host')}>{host}</td>
              <td data-name={t('today.version')}>{version}</td>
              <td data-name={t('today.running')} class="number">
                {running}/{ports}
              </td>
              <td data-name={t('count.pass')} class="number">
                {passedToday}
              </td>
              <td data-name={t('count.fail')} class="number">
                {failedToday}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
