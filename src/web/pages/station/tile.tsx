// One tile: a slot and its board, readable from two metres away. State is said by colour, icon and word.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Job, PortState } from '../../../service/contract/index.js';
import { formatDuration, shortMac, formatShort } from '../../format/format.js';
import { t, type Key } from '../../i18n/translate.js';
import { hasRole, knowsWhat } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Icon, type IconName } from '../../ui/icon.js';
import { useNow } from '../../ui/load.js';
import { TileActions } from './tile-actions.js';
import { heldWords, TileSentence, waitText, whatToDo } from './tile-sentence.js';
import {
  progressOf,
  stageOf,
  wordWidthEm,
  type Density,
  type TileState,
  stageMarks,
  type Mark,
} from './tile-model.js';

const ICONS: Record<TileState, IconName> = {
  empty: 'plug',
  ready: 'chip',
  reading: 'inspect',
  waiting: 'clock',
  held: 'warn',
  running: 'clock',
  scanning: 'label',
  passed: 'check',
  failed: 'cross',
  stopped: 'stop',
  interrupted: 'warn',
};

interface TileProps {
  readonly name: string;
  readonly density: Density;
  readonly selected: boolean;
  readonly onSelect: (port: string) => void;
  readonly onDetails: (port: string) => void;
  readonly onLabel: (mac: string) => void;
}

export function Tile(props: TileProps): JSX.Element | null {
  const { name, density, selected, onSelect, onDetails, onLabel } = props;
  const port = useStore((state) => state.ports?.find((other) => other.port === name));
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    if (selected) element.current?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  if (port === undefined) return null;
  const state = port.state;
  return (
    <article
      ref={element}
      class={`tile ${state} ${density}`}
      data-slot={port.slot}
      aria-label={`${t('station.slot', { slot: port.slot })}: ${wordOf(port)}`}
      aria-current={selected}
      style={{ '--word-em': String(wordWidthEm(wordOf(port))) }}
      onClick={() => {
        // Where a tile has no room for the button, a second tap shows what it says of its job.
        if (selected && port.job !== undefined) onDetails(name);
        else onSelect(name);
      }}
    >
      <header class="tile-head">
        <span class="tile-slot">{port.slot}</span>
        <span class="tile-port" title={port.label}>
          {port.label}
        </span>
      </header>
      <div class="tile-state">
        <Icon name={ICONS[state]} />
        <strong class="tile-word">{wordOf(port)}</strong>
      </div>
      {port.job === undefined || state === 'held' ? (
        <IdleBody port={port} />
      ) : (
        <JobBody port={port} job={port.job} />
      )}
      <TileActions port={port} onDetails={onDetails} onLabel={onLabel} />
    </article>
  );
}

/** The one word of a tile: the stage while it runs, else the state. */
function wordOf(port: PortState): string {
  const state = port.state;
  if (state === 'running' && port.job !== undefined) return t(`stage.doing.${stageOf(port.job)}`);
  return t(`tile.${state}` as Key);
}

function IdleBody({ port }: { port: PortState }): JSX.Element {
  const { state } = port;
  const hasProduct = useStore(knowsWhat);
  const canStart = useStore((all) => knowsWhat(all) && hasRole(all.session, 'operator'));
  if (state === 'held') return <TileSentence {...heldWords(port)} />;
  let text = t('tile.emptyHint');
  if (state === 'ready') text = t(canStart ? 'wait.start' : hasProduct ? 'tile.readyWatch' : 'do.noProduct');
  if (state === 'reading') text = t('tile.readingHint');
  if (state === 'waiting') text = waitText(port);
  return <TileSentence text={text} muted />;
}

function JobBody({ port, job }: { port: PortState; job: Job }): JSX.Element {
  return (
    <>
      {job.action !== undefined ? (
        <p class="tile-do" role="status">
          {t(`do.${job.action.what}`)}{' '}
          {job.action.until !== undefined && <TimeLeft until={job.action.until} />}
        </p>
      ) : job.state === 'running' && job.scanning !== true ? (
        <Progress job={job} />
      ) : (
        <TileSentence {...whatToDo(port, job)} />
      )}
      <StageStrip job={job} />
      <p class="tile-facts">
        <span class="mono" title={[job.mac, job.batch, job.lot].filter(Boolean).join(' · ')}>
          {job.serial ?? (job.mac === undefined ? '' : shortMac(job.mac))}
        </span>
        <span class="tile-chip">{job.chip?.chip ?? ''}</span>
        {job.attempt > 1 && <span>{t('tile.attempt', { n: job.attempt, of: job.attempts })}</span>}
        <span class="tile-time">
          {job.durationMs === undefined ? <Elapsed since={job.startedAt} /> : formatDuration(job.durationMs)}
        </span>
      </p>
    </>
  );
}

/** Seconds, for a hand that is to be quick; not read out each second. */
function TimeLeft({ until }: { until: string }): JSX.Element {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - useNow(1000)) / 1000));
  return <span aria-hidden="true">{t('do.left', { n: seconds })}</span>;
}

function Progress({ job }: { job: Job }): JSX.Element {
  const percent = progressOf(job);
  return (
    <div class="tile-progress">
      <div
        class="bar"
        role="progressbar"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-label={t('tile.progress')}
      >
        <span class="steady" style={{ transform: `scaleX(${percent / 100})` }} />
      </div>
      <span class="tile-percent">{percent} %</span>
    </div>
  );
}

function Elapsed({ since }: { since: string }): JSX.Element {
  const now = useNow(200);
  return <>{formatDuration(now - Date.parse(since))}</>;
}

// The stage strip: a mark for each stage of the way, so that one sees how far a board is and where time goes.
function StageStrip({ job }: { job: Job }): JSX.Element {
  const marks = stageMarks(job);
  const done = marks.filter(({ state }) => state === 'done').length;
  return (
    <div class="strip" role="img" aria-label={t('tile.stages', { done, of: marks.length })}>
      {marks.map((mark) => (
        <span key={mark.stage} class={`mark ${mark.state}`} title={titleOf(mark)} />
      ))}
    </div>
  );
}

function titleOf({ stage, durationMs }: Mark): string {
  const name = t(`stage.${stage}`);
  return durationMs === undefined ? name : `${name}: ${formatShort(durationMs)}`;
}
