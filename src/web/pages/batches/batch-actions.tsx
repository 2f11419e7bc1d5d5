// What can be done with a batch: use it here, pause, close, ask for more, import a list, its report, and the signature.
import type { ComponentChildren, JSX } from 'preact';
import type { BatchInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { addressOf } from '../../api/routes.js';
import { t, tn } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Icon } from '../../ui/icon.js';
import { attempt, say } from '../../ui/toasts.js';

interface BatchActionsProps {
  readonly batch: BatchInfo;
  readonly onChanged: () => void;
}

export function BatchActions({ batch, onChanged }: BatchActionsProps): JSX.Element {
  const { name, state } = batch;
  const mayOperate = useStore((store) => hasRole(store.session, 'operator'));
  const mayEdit = useStore((store) => hasRole(store.session, 'engineer'));
  const isMine = useStore((store) => store.settings?.batch === name);
  const { act, set, close, askForMore, signOff } = doersOf(batch, onChanged);
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
      {mayEdit && <Do onClick={signOff}>{t('batch.signOff')}</Do>}
      {mayEdit && isOpen && <ImportList name={name} onChanged={onChanged} />}
      <Report name={name} format="pdf" />
      <Report name={name} format="json" />
    </div>
  );
}

/** Each asks first where it cannot be taken back. */
function doersOf({ name, quantity }: BatchInfo, onChanged: () => void) {
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
  const signOff = async (): Promise<void> => {
    const note = window.prompt(t('batch.confirmSign', { name }), '');
    if (note === null) return;
    await act(async () => {
      const { by, digest } = await call('signBatch', { params, body: { note } });
      say(t('batch.signed', { name, by, digest: digest.slice(0, 12) }));
    });
  };
  return { act, set, close, askForMore, signOff };
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
