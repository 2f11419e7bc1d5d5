// One batch: how far it is, what fails, its boards, its report, and what can be done with it.
import type { ComponentChildren, JSX } from 'preact';
import type { BatchInfo, FiguresInfo, UnitInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { addressOf } from '../../api/routes.js';
import { formatCount, formatDuration, formatExact, formatShare } from '../../format/format.js';
import { currentLocale, t, tn } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Icon } from '../../ui/icon.js';
import { ListCard } from '../../ui/list-card.js';
import { useLoad } from '../../ui/load.js';
import { Note, Skeleton } from '../../ui/parts.js';
import { attempt, failureText, say } from '../../ui/toasts.js';
import { CauseBars, HourColumns, StageBars } from '../today/charts.js';
import { Figure } from '../today/figure.js';
import { BatchBadge } from './batches.js';

export function BatchDetail({ name }: { name: string }): JSX.Element {
  const counts = useStore((state) => JSON.stringify(state.station?.batch?.counts));
  const { value, failure, reload } = useLoad(async (signal) => {
    const params = { name };
    const [batch, { units }, { groups, hours }] = await Promise.all([
      call('getBatch', { params, signal }),
      call('listUnits', { params, signal }),
      call('stats', { query: { batch: name }, signal }),
    ]);
    return { batch, units, figures: groups[0]?.figures, hours };
  }, `${name} ${counts}`);
  if (failure !== undefined) {
    return (
      <Note tone="fail">
        <p>{failureText(failure)}</p>
      </Note>
    );
  }
  if (value === undefined) return <Skeleton lines={6} />;
  const { batch, units, figures, hours } = value;
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
      <dl class="facts">
        {facts.map(([title, text]) =>
          text === undefined || text === '' ? null : (
            <>
              <dt>{title}</dt>
              <dd>{text}</dd>
            </>
          ),
        )}
      </dl>
      <Actions batch={batch} onChanged={onChanged} />
    </section>
  );
}

function Actions({ batch, onChanged }: { batch: BatchInfo; onChanged: () => void }): JSX.Element {
  const { name, state, quantity } = batch;
  const mayOperate = useStore((store) => hasRole(store.session, 'operator'));
  const mayEdit = useStore((store) => hasRole(store.session, 'engineer'));
  const isMine = useStore((store) => store.settings?.batch === name);
  const params = { name };
  const act = async (work: () => Promise<unknown>): Promise<void> => {
    if (await attempt(work)) onChanged();
  };
  const set = (next: BatchInfo['state']) => () =>
    act(() => call('setBatchState', { params, body: { state: next } }));
  const close = async (): Promise<void> => {
    if (window.confirm(t('batch.confirmClose', { name }))) await set('closed')();
  };
  const askForMore = async (): Promise<void> => {
    const wanted = window.prompt(t('pause.howMany', { name, quantity }), String(quantity));
    if (wanted === null) return;
    await act(() => call('setBatchQuantity', { params, body: { quantity: Number(wanted) } }));
  };
  const isOpen = state !== 'closed';
  return (
    <div class="row wrap">
      {mayOperate && isOpen && !isMine && (
        <Do primary onClick={() => act(() => call('chooseBatch', { body: { batch: name } }))}>
          {t('batch.use')}
        </Do>
      )}
      {mayOperate && state === 'open' && <Do onClick={set('paused')}>{t('batch.pause')}</Do>}
      {mayOperate && state === 'paused' && <Do onClick={set('open')}>{t('batch.open')}</Do>}
      {mayOperate && isOpen && <Do onClick={askForMore}>{t('batch.changeQuantity')}</Do>}
      {mayOperate && isOpen && <Do onClick={close}>{t('batch.close')}</Do>}
      {mayEdit && isOpen && <ImportList name={name} onChanged={onChanged} />}
      <Report name={name} format="pdf" />
      <Report name={name} format="json" />
    </div>
  );
}

interface DoProps {
  readonly primary?: boolean;
  readonly onClick: () => Promise<void>;
  readonly children: ComponentChildren;
}

function Do({ primary = false, onClick, children }: DoProps): JSX.Element {
  return (
    <button type="button" class={primary ? 'button primary' : 'button'} onClick={() => void onClick()}>
      {children}
    </button>
  );
}

function Report({ name, format }: { name: string; format: 'pdf' | 'json' }): JSX.Element {
  return (
    <a class="button" href={addressOf('batchReport', { name }, { format }).path} download>
      <Icon name="download" />
      {t('batch.report', { format: format.toUpperCase() })}
    </a>
  );
}

/** A list from an ERP system: what it holds goes to the boards in order. */
function ImportList({ name, onChanged }: { name: string; onChanged: () => void }): JSX.Element {
  const take = async (file: File): Promise<void> => {
    const body = { csv: await file.text(), file: file.name };
    const { count } = await call('importIdentifiers', { params: { name }, body });
    say(tn('batch.imported', count));
    onChanged();
  };
  return (
    <label class="button">
      <Icon name="plus" />
      {t('batch.import')}
      <input
        class="visually-hidden"
        type="file"
        accept=".csv,text/csv"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file !== undefined) void attempt(() => take(file));
          event.currentTarget.value = '';
        }}
      />
    </label>
  );
}

function Counts({ batch, figures }: { batch: BatchInfo; figures: FiguresInfo }): JSX.Element {
  const language = currentLocale();
  const count = (number: number): string => formatCount(number, language);
  const { passed, reworked, failed, inWork, open, identifiersLeft } = batch.counts;
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
