// One conflict: what contradicts what, both sides and their histories side by side, and the decision.
import type { JSX } from 'preact';
import type { ConflictInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatExact } from '../../format/format.js';
import { fieldName } from '../../i18n/field-names.js';
import { maybe, t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { CompareTable, type ComparedRow } from '../../ui/compare-table.js';
import { Facts } from '../../ui/facts.js';
import { useLive } from '../../ui/live.js';
import { Copyable, FailureNote, Skeleton } from '../../ui/parts.js';
import { ConflictBadge } from './conflict-badge.js';
import { Decide } from './decide.js';
import { SideHistory, type Side } from './side-history.js';

export function ConflictDetail({ id }: { id: number }): JSX.Element {
  const { value, failure, reload } = useLive('conflicts', (signal) =>
    call('getConflict', { params: { id }, signal }),
  );
  if (value === undefined)
    return failure === undefined ? <Skeleton lines={6} /> : <FailureNote failure={failure} />;
  const { refused, registered } = value;
  return (
    <>
      <a href={link(['conflicts'])}>{t('conflict.back')}</a>
      <FailureNote failure={failure} />
      <What conflict={value} />
      <div class="two">
        <Where conflict={value} />
        <Decide key={value.state} conflict={value} onDecided={reload} />
      </div>
      <div class="two">
        <SideHistory title={t('conflict.registered')} side={registered} />
        <SideHistory title={t('conflict.refused')} side={refused} />
      </div>
    </>
  );
}

function What({ conflict }: { conflict: ConflictInfo }): JSX.Element {
  const { id, code, state } = conflict;
  return (
    <section class="card flush">
      <header>
        <h2>
          {t(`conflict.${code}`)} <span class="muted">#{id}</span>
        </h2>
        <ConflictBadge state={state} />
      </header>
      <p class="list-note">{t(`conflict.why.${code}`)}</p>
      <CompareTable
        neutral
        of={[t('conflict.registered'), t('conflict.refused')]}
        rows={comparedRows(conflict)}
      />
    </section>
  );
}

function Where({ conflict }: { conflict: ConflictInfo }): JSX.Element {
  const { times, firstSeenAt, lastSeenAt, seenBy, facts, decided } = conflict;
  const at = (iso: string): string => formatExact(iso);
  return (
    <section class="card">
      <header>
        <h2>{t('conflict.where')}</h2>
      </header>
      <Facts
        rows={[
          [t('conflict.times'), times],
          [t('conflict.first'), times > 1 && at(firstSeenAt)],
          [t('conflict.last'), `${at(lastSeenAt)} (${seenBy})`],
          ...Object.entries(facts).map(([name, text]) => [fieldName(name), text] as const),
          [t('conflict.decided'), decided && `${at(decided.at)} (${decided.by})`],
          [t('reason.label'), decided?.reason],
        ]}
      />
    </section>
  );
}

function comparedRows({ registered, refused }: ConflictInfo): readonly ComparedRow[] {
  const row = (name: string, of: (side: Side) => JSX.Element | string | undefined): ComparedRow => ({
    name,
    sides: [of(registered), of(refused)],
  });
  const names = (['mac', 'uuid', 'hardwareId'] as const).map((field) => ({
    ...row(t(`conflict.side.${field}`), ({ [field]: value }) =>
      value === undefined ? undefined : <Copyable value={value} what={t(`conflict.side.${field}`)} />,
    ),
    verdict: verdictOf(registered[field], refused[field]),
  }));
  return [
    ...names,
    row(t('devices.status'), ({ status }) =>
      status === undefined ? t('conflict.notRegistered') : (maybe(`status.${status}`) ?? status),
    ),
    row(t('batch.location'), ({ location }) => location),
    row(t('devices.provisioned'), ({ provisionedAt }) => provisionedAt && formatExact(provisionedAt)),
    row(t('conflict.attempt'), ({ lastAttempt }) => lastAttempt && attemptText(lastAttempt)),
  ];
}

function verdictOf(a: string | undefined, b: string | undefined): ComparedRow['verdict'] {
  if (a === undefined || b === undefined) return 'unknown';
  return a === b ? 'same' : 'different';
}

function attemptText({ outcome, startedAt, stage, code }: NonNullable<Side['lastAttempt']>): string {
  const words = maybe(`timeline.${outcome}`) ?? outcome;
  const where = stage && (maybe(`stage.${stage}`) ?? stage);
  return [words, where, code, formatExact(startedAt)].filter(Boolean).join(' · ');
}
