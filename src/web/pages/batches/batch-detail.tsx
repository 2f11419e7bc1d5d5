// One batch: how far it is, what fails, its boards, and what can be done with it.
import type { JSX } from 'preact';
import type { BatchInfo, FiguresInfo, UnitInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatCount, formatDuration, formatExact, formatShare } from '../../format/format.js';
import { currentLocale, t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { useStore } from '../../store/store.js';
import { Facts } from '../../ui/facts.js';
import { ListCard } from '../../ui/list-card.js';
import { useLoad } from '../../ui/load.js';
import { FailureNote, Skeleton } from '../../ui/parts.js';
import { CauseBars, HourColumns, StageBars } from '../today/charts.js';
import { Figure } from '../today/figure.js';
import { BatchActions } from './batch-actions.js';
import { HeldPlaces } from './held-places.js';
import { BatchBadge } from './batch-badge.js';

export function BatchDetail({ name }: { name: string }): JSX.Element {
  const counts = useStore((state) => JSON.stringify(state.station?.batch?.counts));
  const { value, failure, reload } = useLoad(async (signal) => {
    const params = { name };
    const [batch, { units }, { held }, { groups, hours }] = await Promise.all([
      call('getBatch', { params, signal }),
      call('listUnits', { params, signal }),
      call('listHeldPlaces', { params, signal }),
      call('stats', { query: { batch: name }, signal }),
    ]);
    return { batch, units, held, figures: groups[0]?.figures, hours };
  }, `${name} ${counts}`);
  if (failure !== undefined) return <FailureNote failure={failure} />;
  if (value === undefined) return <Skeleton lines={6} />;
  const { batch, units, held, figures, hours } = value;
  return (
    <>
      <Head batch={batch} onChanged={reload} />
      {figures !== undefined && <Counts batch={batch} figures={figures} />}
      {figures !== undefined && figures.runs > 0 && (
        <div class="charts">
          <HourColumns hours={hours} />
          <CauseBars failures={figures.failures} />
          <StageBars stages={figures.stages} />
        </div>
      )}
      <HeldPlaces batch={name} held={held} onChanged={reload} />
      <Units units={units} />
    </>
  );
}

function Head({ batch, onChanged }: { batch: BatchInfo; onChanged: () => void }): JSX.Element {
  const { name, profile, lot, hardwareRevision, firmwareVersion, location, serialTemplate, reason } = batch;
  const facts = [
    [t('station.product'), `${profile.name} · r${profile.version}`],
    [t('batch.lot'), lot],
    [t('batch.hardwareRevision'), hardwareRevision],
    [t('batch.firmwareVersion'), firmwareVersion],
    [t('batch.location'), location],
    [t('batch.serialTemplate'), serialTemplate],
    [t('batch.created'), `${formatExact(batch.createdAt, currentLocale())} (${batch.createdBy})`],
    [
      t('batch.closed'),
      batch.closedAt && `${formatExact(batch.closedAt, currentLocale())} (${batch.closedBy ?? ''})`,
    ],
  ] as const;
  return (
    <section class="card stack">
      <header>
        <h2>{name}</h2>
        <BatchBadge state={batch.state} />
      </header>
      {reason !== '' && <p>{reason}</p>}
      <Facts rows={facts} />
      <BatchActions batch={batch} onChanged={onChanged} />
    </section>
  );
}

function Counts({ batch, figures }: { batch: BatchInfo; figures: FiguresInfo }): JSX.Element {
  const language = currentLocale();
  const count = (number: number): string => formatCount(number, language);
  const { passed, reworked, failed, inWork, held = 0, open, identifiersLeft } = batch.counts;
  const { firstPassYield, boardsPerHour, taktMs, alreadyDone } = figures;
  return (
    <ul class="figures">
      <Figure name={t('count.pass')} tone="pass">
        {count(passed)}
        <small> / {count(batch.quantity)}</small>
      </Figure>
      <Figure name={t('batch.reworked')}>{count(reworked)}</Figure>
      <Figure name={t('count.fail')} tone={failed > 0 ? 'fail' : ''}>
        {count(failed)}
      </Figure>
      <Figure name={t('batch.inWork')}>
        {count(inWork)}
        <small> · {t('batch.placesLeft', { n: count(open) })}</small>
      </Figure>
      {held > 0 && <Figure name={t('held.title')}>{count(held)}</Figure>}
      <Figure name={t('today.yield')}>
        {firstPassYield === undefined ? '–' : formatShare(firstPassYield, language)}
      </Figure>
      <Figure name={t('today.perHour')}>
        {boardsPerHour === undefined ? '–' : count(Math.round(boardsPerHour))}
      </Figure>
      <Figure name={t('today.takt')}>{taktMs === undefined ? '–' : formatDuration(taktMs, language)}</Figure>
      {alreadyDone > 0 && <Figure name={t('today.alreadyDone')}>{count(alreadyDone)}</Figure>}
      {identifiersLeft !== undefined && (
        <Figure name={t('batch.identifiersLeft')}>{count(identifiersLeft)}</Figure>
      )}
    </ul>
  );
}

function Units({ units }: { units: readonly UnitInfo[] }): JSX.Element {
  return (
    <ListCard<UnitInfo>
      title={t('today.jobs')}
      rows={units}
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
          cell: ({ passedAt }) => (passedAt === undefined ? '' : formatExact(passedAt, currentLocale())),
        },
      ]}
    />
  );
}
