// What can be done with a batch: use it here, pause, close, ask for more, import a list, its report, and the signature.
import type { JSX } from 'preact';
import type { BatchInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { addressOf } from '../../api/routes.js';
import { t, tn } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { FileButton } from '../../ui/file-button.js';
import { Icon } from '../../ui/icon.js';
import { attempt, say } from '../../ui/toasts.js';
import { ActButton } from '../../ui/work.js';

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
        <ActButton class="primary" act={() => act(() => call('chooseBatch', { body: { batch: name } }))}>
          {t('batch.use')}
        </ActButton>
      )}
      {mayOperate && state === 'open' && <ActButton act={set('paused')}>{t('batch.pause')}</ActButton>}
      {mayOperate && state === 'paused' && <ActButton act={set('open')}>{t('batch.open')}</ActButton>}
      {mayOperate && isOpen && <ActButton act={askForMore}>{t('batch.changeQuantity')}</ActButton>}
      {mayOperate && isOpen && <ActButton act={close}>{t('batch.close')}</ActButton>}
      {mayEdit && <ActButton act={signOff}>{t('batch.signOff')}</ActButton>}
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
    await work();
    onChanged();
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
    <FileButton
      label={t('batch.import')}
      accept=".csv,text/csv"
      onChosen={([file]) => {
        if (file !== undefined) void attempt(() => take(file));
      }}
    />
  );
}
