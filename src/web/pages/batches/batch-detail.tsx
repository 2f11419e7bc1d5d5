// One batch: how far it is, what fails, its boards, and what can be done with it.
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type {
  BatchInfo,
  FiguresInfo,
  ReservedUnitsInfo,
  Today,
  UnitInfo,
} from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatCount, formatExact } from '../../format/format.js';
import { runWordsFor, t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { Facts } from '../../ui/facts.js';
import { ListCard } from '../../ui/list-card.js';
import { isAlike, useLoad, type Loaded } from '../../ui/load.js';
import { useLive } from '../../ui/live.js';
import { FailureNote, Skeleton } from '../../ui/parts.js';
import { CauseBars, HourColumns, StageBars } from '../today/charts.js';
import { Figure, PaceFigures } from '../today/figure.js';
import { BatchActions } from './batch-actions.js';
import { StationReserve } from './reserved-units.js';
import { BatchBadge } from './batch-badge.js';

export function BatchDetail({ name }: { name: string }): JSX.Element {
  const { value, failure, reload } = useBatch(name);
  if (value === undefined)
    return failure === undefined ? <Skeleton lines={6} /> : <FailureNote failure={failure} />;
  const { batch, units, held, figures, hours } = value;
  return (
    <>
      <FailureNote failure={failure} />
      <Head batch={batch} onChanged={reload} />
      {figures !== undefined && <Counts batch={batch} figures={figures} />}
      {figures !== undefined && figures.runs > 0 && (
        <div class="charts">
          <HourColumns hours={hours} />
          <CauseBars failures={figures.failures} />
          <StageBars stages={figures.stages} />
        </div>
      )}
      <StationReserve batch={name} held={held} onChanged={reload} />
      <Units units={units} />
    </>
  );
}

interface Whole {
  readonly batch: BatchInfo;
  readonly held: readonly ReservedUnitsInfo[];
  readonly units: readonly UnitInfo[];
  readonly figures: FiguresInfo | undefined;
  readonly hours: Today['hours'];
  readonly countedMs: number;
}

/** A batch of ten thousand boards is counted anew only when it is another, or after a minute: a failure may change no count. */
const COUNTED_FOR_MS = 60_000;

function useBatch(name: string): Loaded<Whole> {
  const known = useRef<Whole | undefined>(undefined);
  const loaded = useLive('batches', async (signal): Promise<Whole> => {
    const params = { name };
    const [batch, { held }] = await Promise.all([
      call('getBatch', { params, signal }),
      call('listReservedUnits', { params, signal }),
    ]);
    const before = known.current;
    const isFresh = before !== undefined && performance.now() - before.countedMs < COUNTED_FOR_MS;
    if (isFresh && isAlike(before.batch, batch)) return (known.current = { ...before, held });
    const [{ units }, { groups, hours }] = await Promise.all([
      call('listUnits', { params, signal }),
      call('stats', { query: { batch: name }, signal }),
    ]);
    const countedMs = performance.now();
    return (known.current = { batch, held, units, figures: groups[0]?.figures, hours, countedMs });
  });
  return loaded;
}

function Head({ batch, onChanged }: { batch: BatchInfo; onChanged: () => void }): JSX.Element {
  const { name, profile, lot, hardwareRevision, firmwareVersion, location, serialTemplate, reason, stopped } =
    batch;
  const { value: product } = useLoad(
    (signal) =>
      call('getProfile', { params: { name: profile.name }, query: { version: profile.version }, signal }),
    `${profile.name} ${profile.version}`,
  );
  const { firmware, values } = product?.settings ?? {};
  const facts = [
    [t('station.product'), `${profile.name} · r${profile.version}`],
    [t('nav.firmware'), firmware],
    [t('values.list'), values && <a href={link(['values', values.list])}>{values.list}</a>],
    [t('batch.lot'), lot],
    [t('batch.hardwareRevision'), hardwareRevision],
    [t('batch.firmwareVersion'), firmwareVersion],
    [t('batch.location'), location],
    [t('batch.serialTemplate'), serialTemplate],
    [t('batch.created'), `${formatExact(batch.createdAt)} (${batch.createdBy})`],
    [t('batch.closed'), batch.closedAt && `${formatExact(batch.closedAt)} (${batch.closedBy ?? ''})`],
  ] as const;
  return (
    <section class="card stack">
      <header>
        <h2>{name}</h2>
        <BatchBadge state={batch.state} />
      </header>
      {reason !== '' && <p>{reason}</p>}
      {stopped !== undefined && (
        <p>{t('batch.stopped', { ...stopped, cause: runWordsFor(stopped.code)?.cause ?? stopped.code })}</p>
      )}
      <Facts rows={facts} />
      <BatchActions batch={batch} onChanged={onChanged} />
    </section>
  );
}

function Counts({ batch, figures }: { batch: BatchInfo; figures: FiguresInfo }): JSX.Element {
  const { passed, reworked, failed, inWork, held = 0, open, identifiersLeft } = batch.counts;
  const { alreadyDone } = figures;
  return (
    <ul class="figures">
      <Figure name={t('count.pass')} tone="pass">
        {formatCount(passed)}
        <small> / {formatCount(batch.quantity)}</small>
      </Figure>
      <Figure name={t('batch.reworked')}>{formatCount(reworked)}</Figure>
      <Figure name={t('count.fail')} tone={failed > 0 ? 'fail' : ''}>
        {formatCount(failed)}
      </Figure>
      <Figure name={t('batch.inWork')}>
        {formatCount(inWork)}
        <small> · {t('batch.placesLeft', { n: formatCount(open) })}</small>
      </Figure>
      {held > 0 && <Figure name={t('reserved.title')}>{formatCount(held)}</Figure>}
      <PaceFigures figures={figures} />
      {alreadyDone > 0 && <Figure name={t('today.alreadyDone')}>{formatCount(alreadyDone)}</Figure>}
      {identifiersLeft !== undefined && (
        <Figure name={t('batch.identifiersLeft')}>{formatCount(identifiersLeft)}</Figure>
      )}
    </ul>
  );
}

/** A page can show so many rows at once and stay quick. */
const UNITS_AT_ONCE = 200;

function Units({ units }: { units: readonly UnitInfo[] }): JSX.Element {
  const [shown, setShown] = useState(UNITS_AT_ONCE);
  return (
    <ListCard<UnitInfo>
      title={t('batch.units')}
      rows={units.slice(0, shown)}
      more={
        units.length > shown && (
          <button type="button" class="button" onClick={() => setShown(shown + UNITS_AT_ONCE)}>
            {t('devices.more')}
          </button>
        )
      }
      none={t('today.noJobs')}
      keyOf={({ mac }) => mac}
      columns={[
        {
          name: 'MAC',
          cell: ({ mac }) => (
            <a class="mono" href={link(['devices', mac])}>
              {mac}
            </a>
          ),
        },
        { name: t('batch.serial'), cell: ({ serial }) => serial ?? '' },
        {
          name: t('devices.status'),
          cell: ({ state, failedRuns }) =>
            failedRuns > 0 && state === 'passed'
              ? t('batch.unit.reworked')
              : t(`batch.unit.${state === 'in work' ? 'inWork' : state}`),
        },
        { name: t('settings.station'), cell: ({ station }) => station },
        {
          name: t('batch.passedAt'),
          cell: ({ passedAt }) => (passedAt === undefined ? '' : formatExact(passedAt)),
        },
      ]}
    />
  );
}
