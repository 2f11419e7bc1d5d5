// Today, or any other period: is the line on target, what is failing, since when; of this station or of more.
import type { JSX } from 'preact';
import type { FiguresInfo, StationInfo, Today } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatAgo, formatClockIn, formatCount, formatShare } from '../../format/format.js';
import { t } from '../../i18n/translate.js';
import { link, type Place } from '../../router.js';
import { useStore } from '../../store/store.js';
import { ListCard } from '../../ui/list-card.js';
import { useLive } from '../../ui/live.js';
import { useLoad, useNow } from '../../ui/load.js';
import { Badge, Blank, FailureNote, Skeleton } from '../../ui/parts.js';
import { CauseBars, HourColumns, StageBars } from './charts.js';
import { Figure, PaceFigures } from './figure.js';
import { FilterBar, isFiltered, queryOf } from './filter-bar.js';
import { JobList } from './job-list.js';

export function TodayPage({ place }: { place: Place }): JSX.Element {
  const today = useStore((state) => state.today);
  const filtered = isFiltered(place.query);
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.today')}</h1>
        {today !== undefined && !filtered && (
          <span class="muted">{t('today.since', { time: formatClockIn(today.since) })}</span>
        )}
      </header>
      <div class="page-body stack loose">
        <FilterBar query={place.query} />
        {filtered ? (
          <Chosen query={place.query} />
        ) : today === undefined ? (
          <Skeleton lines={6} />
        ) : (
          <Board figures={today} hours={today.hours} today={today} />
        )}
        {!filtered && <JobList code={place.query['code']} state={place.query['show']} />}
        <Stations />
      </div>
    </div>
  );
}

/** Figures of what the filter says, with a line for each group. */
function Chosen({ query }: { query: Place['query'] }): JSX.Element {
  const station = useStore((state) => state.settings?.stationName);
  const today = useStore((state) => state.today);
  const asked = queryOf(query, station);
  const { value, failure } = useLoad(
    (signal) => call('stats', { query: asked, signal }),
    JSON.stringify([query, today?.runs]),
  );
  const [all, ...groups] = value?.groups ?? [];
  if (value === undefined || all === undefined)
    return failure === undefined ? <Skeleton lines={6} /> : <FailureNote failure={failure} />;
  return (
    <>
      <FailureNote failure={failure} />
      <Board figures={all.figures} hours={value.hours} />
      {groups.length > 0 && <Groups groups={groups} />}
    </>
  );
}

interface BoardProps {
  readonly figures: FiguresInfo;
  readonly hours: Today['hours'];
  /** With what only the own day has. */
  readonly today?: Today;
}

function Board({ figures, hours, today }: BoardProps): JSX.Element {
  return (
    <>
      <Numbers figures={figures} today={today} />
      {figures.boards === 0 ? (
        <div class="card">
          <Blank icon="today" title={t('today.none')}>
            <p>{t('today.noneHint')}</p>
          </Blank>
        </div>
      ) : (
        <div class="charts">
          <HourColumns hours={hours} />
          <CauseBars failures={figures.failures} />
          <StageBars stages={figures.stages} />
        </div>
      )}
    </>
  );
}

function Numbers({ figures, today }: { figures: FiguresInfo; today: Today | undefined }): JSX.Element {
  const { reworked, alreadyDone } = figures;
  return (
    <ul class="figures">
      <Figure name={t('today.passed')} tone="pass" to={link(['today'], { show: 'passed' })}>
        {formatCount(figures.passed)}
      </Figure>
      <Figure
        name={t('today.failed')}
        tone={figures.failed > 0 ? 'fail' : ''}
        to={link(['today'], { show: 'failed' })}
      >
        {formatCount(figures.failed)}
      </Figure>
      <PaceFigures figures={figures} />
      {reworked > 0 && <Figure name={t('batch.reworked')}>{formatCount(reworked)}</Figure>}
      {alreadyDone > 0 && <Figure name={t('today.alreadyDone')}>{formatCount(alreadyDone)}</Figure>}
      {today !== undefined && <Waiting today={today} />}
    </ul>
  );
}

/** What is not settled yet. */
function Waiting({ today }: { today: Today }): JSX.Element {
  const { pending, pendingSync = 0 } = today;
  return (
    <>
      <Figure
        name={t('today.pending')}
        tone={pending ? 'warn' : ''}
        to={link(['devices'], { status: 'pending' })}
      >
        {pending === undefined ? '–' : formatCount(pending)}
      </Figure>
      {pendingSync > 0 && (
        <Figure name={t('today.pendingSync')} tone="warn" to={link(['settings'], { tab: 'registry' })}>
          {formatCount(pendingSync)}
        </Figure>
      )}
    </>
  );
}

interface Group {
  readonly group: string;
  readonly figures: FiguresInfo;
}

function Groups({ groups }: { groups: readonly Group[] }): JSX.Element {
  return (
    <ListCard<Group>
      title={t('today.groups')}
      rows={groups}
      none=""
      keyOf={({ group }) => group}
      columns={[
        { name: t('people.name'), cell: ({ group }) => group },
        { name: t('today.passed'), number: true, cell: ({ figures }) => figures.passed },
        { name: t('today.failed'), number: true, cell: ({ figures }) => figures.failed },
        {
          name: t('today.yield'),
          number: true,
          cell: ({ figures: { firstPassYield: share } }) => (share === undefined ? '–' : formatShare(share)),
        },
        {
          name: t('today.perHour'),
          number: true,
          cell: ({ figures: { boardsPerHour: pace } }) => (pace === undefined ? '–' : Math.round(pace)),
        },
        { name: t('today.cause'), cell: ({ figures }) => figures.failures[0]?.code ?? '' },
      ]}
    />
  );
}

function Stations(): JSX.Element | null {
  const now = useNow(30_000);
  const { value } = useLive('stations', async (signal) => (await call('listStations', { signal })).stations);
  if (value === undefined || value.length === 0) return null;
  return (
    <ListCard<StationInfo>
      title={t('today.stations')}
      rows={value}
      none=""
      keyOf={({ name, host }) => name + host}
      columns={[
        { name: t('settings.stationName'), cell: ({ name }) => name },
        { name: t('today.host'), cell: ({ host }) => host },
        { name: t('station.batch'), cell: ({ batch }) => batch ?? '' },
        {
          name: t('today.seen'),
          cell: ({ alive, seenAt }) => (
            <Badge tone={alive ? 'pass' : 'warn'} icon={alive ? 'check' : 'warn'}>
              {formatAgo(seenAt, now)}
            </Badge>
          ),
        },
        {
          name: t('job.running'),
          number: true,
          cell: ({ alive, running, slots }) => (alive ? `${running}/${slots}` : '–'),
        },
      ]}
    />
  );
}
