// What the whole station waits for: a person to let it go on, a batch with more places, a scan, the next place to teach.
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { StationState } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatExact, sentence } from '../../format/format.js';
import { runWordsFor, t, tn } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Icon, type IconName } from '../../ui/icon.js';
import { attempt } from '../../ui/toasts.js';
import { ActButton } from '../../ui/work.js';
import { scanLabel } from './actions.js';
import { Form } from '../../ui/field.js';

export function Notices(): JSX.Element {
  const station = useStore((state) => state.station);
  const mayOperate = useStore((state) => hasRole(state.session, 'operator'));
  const checks = useStore((state) => state.settings?.check === true);
  const scanning = useStore((state) =>
    (state.ports ?? []).flatMap(({ slot, job }) => (job?.scanning === true ? [slot] : [])).join(', '),
  );
  return (
    <>
      {checks && <Notice icon="inspect" text={t('station.checks')} />}
      {station?.teaching !== undefined && <Teaching taught={station.teaching.length} />}
      {station?.mode === 'paused' && <Paused station={station} mayOperate={mayOperate} />}
      {station?.batchProblem !== undefined && (
        <Notice icon="database" text={batchText(station.batchProblem)} />
      )}
      {scanning !== '' && mayOperate && <Scan slots={scanning} />}
    </>
  );
}

interface NoticeProps {
  readonly icon: IconName;
  readonly text: string;
  readonly children?: ComponentChildren;
}

function Notice({ icon, text, children }: NoticeProps): JSX.Element {
  return (
    <section class="notice" role="status">
      <Icon name={icon} />
      <p class="grow">{text}</p>
      {children}
    </section>
  );
}

function Paused({ station, mayOperate }: { station: StationState; mayOperate: boolean }): JSX.Element {
  const { reason, running, batch } = station;
  const isFull = reason?.code === 'BATCH_FULL' && batch !== undefined;
  return (
    <Notice icon="pause" text={`${whyPaused(station)} ${running > 0 ? tn('pause.running', running) : ''}`}>
      {mayOperate && (
        <>
          {running > 0 && <ActButton act={() => call('haltStation', {})}>{t('pause.stopAll')}</ActButton>}
          {isFull && <AskForMore name={batch.name} quantity={batch.quantity} />}
          {reason?.by === 'batch' ? (
            <a class="button" href={link(['batches'])}>
              {t('pause.batches')}
            </a>
          ) : null}
          <ActButton class="primary" act={() => resume(station)}>
            {t('pause.resume')}
          </ActButton>
        </>
      )}
    </Notice>
  );
}

/** The words for a code; where there are none, those of the service. */
function sayCode(code = '', text = ''): string {
  const words = runWordsFor(code);
  return words === undefined ? sentence(text) : `${words.cause} ${words.next}`;
}

/** Of a batch whose database is away, what this station has done by itself. */
function batchText({ code, message, away }: NonNullable<StationState['batchProblem']>): string {
  if (away === undefined) return sayCode(code, message);
  const { batch, made, left, since } = away;
  return t('batch.away', { batch, made, left, since: formatExact(since) });
}

function whyPaused({ reason }: StationState): string {
  if (reason?.by === 'rule') {
    const { count = 0, code = '' } = reason;
    return t('pause.rule', { count, cause: runWordsFor(code)?.cause ?? code });
  }
  if (reason?.by === 'batch') return sayCode(reason.code, reason.text);
  return t('pause.operator', { name: reason?.text ?? '' });
}

/** A batch that the stop rule paused for everybody is opened again by the same hand. */
async function resume({ reason, batch }: StationState): Promise<void> {
  if (reason?.by === 'rule' && batch?.state === 'paused') {
    await call('setBatchState', { params: { name: batch.name }, body: { state: 'open' } });
  }
  await call('resumeStation', {});
}

/** More than was ordered only when a person says so. */
function AskForMore({ name, quantity }: { name: string; quantity: number }): JSX.Element {
  const ask = async (): Promise<void> => {
    const more = window.prompt(t('pause.howMany', { name, quantity }), String(quantity + 1));
    if (more === null) return;
    await call('setBatchQuantity', { params: { name }, body: { quantity: Number(more) } });
  };
  return <ActButton act={ask}>{t('pause.more')}</ActButton>;
}

/** A scanner types like a keyboard, and ends with Enter. */
function Scan({ slots }: { slots: string }): JSX.Element {
  const [code, setCode] = useState('');
  const scan = async (): Promise<void> => {
    await scanLabel(code);
    setCode('');
  };
  return (
    <Notice icon="label" text={t('scan.do', { slots })}>
      <Form onSubmit={() => void attempt(scan)}>
        <input
          class="input mono"
          aria-label={t('scan.code')}
          placeholder={t('scan.code')}
          value={code}
          autoFocus
          required
          onInput={(event) => setCode(event.currentTarget.value)}
        />
      </Form>
    </Notice>
  );
}

function Teaching({ taught }: { taught: number }): JSX.Element {
  const end = (keep: boolean) => () => call('endTeaching', { body: { keep } });
  return (
    <Notice icon="plug" text={t('teach.do', { slot: taught + 1, taught })}>
      <ActButton act={end(false)}>{t('teach.drop')}</ActButton>
      <ActButton class="primary" act={end(true)}>
        {t('teach.keep')}
      </ActButton>
    </Notice>
  );
}
