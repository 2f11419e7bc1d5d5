// Deliveries that were given up: what, to whom, when and why; tried again, or forgotten.
import type { JSX } from 'preact';
import type { DeadPush } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatAgo, formatExact } from '../../format/format.js';
import { t, tn } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { ListCard, RemoveButton } from '../../ui/list-card.js';
import { CodeWords } from '../../ui/service-words.js';
import { useLive } from '../../ui/live.js';
import { useNow } from '../../ui/load.js';
import { say } from '../../ui/toasts.js';
import { ActButton } from '../../ui/work.js';

const SHOWN = 100;

export function DeadPushes({ onChanged }: { onChanged: () => void }): JSX.Element {
  const { value, failure, reload } = useLive(
    'push',
    async (signal) => (await call('listDeadPushes', { query: { limit: SHOWN }, signal })).dead,
  );
  const changed = (): void => {
    reload();
    onChanged();
  };
  const some = value !== undefined && value.length > 0;
  return (
    <ListCard<DeadPush>
      title={t('push.deadTitle')}
      aside={some && <Actions onChanged={changed} />}
      rows={value}
      failure={failure}
      none={t('push.noDead')}
      keyOf={({ id }) => id}
      columns={[
        { name: t('push.event'), cell: (dead) => <What dead={dead} /> },
        { name: t('push.target'), cell: ({ target }) => target },
        { name: t('audit.at'), cell: (dead) => <When dead={dead} /> },
        { name: t('push.error'), cell: (dead) => <Why dead={dead} /> },
      ]}
      actions={(dead) => <Actions dead={dead} onChanged={changed} />}
    />
  );
}

/** What can be done with one of them, or with all. */
function Actions({ dead, onChanged }: { dead?: DeadPush; onChanged: () => void }): JSX.Element {
  const mayRetry = useStore((state) => hasRole(state.session, 'engineer'));
  const mayDiscard = useStore((state) => hasRole(state.session, 'admin'));
  const body = dead === undefined ? {} : { ids: [dead.id] };
  const retry = async (): Promise<void> => {
    const { count } = await call('retryDeadPushes', { body });
    say(tn('push.retried', count));
    onChanged();
  };
  const about = { mac: dead?.mac ?? '' };
  return (
    <span class="nowrap">
      {mayRetry && (
        <ActButton class={dead === undefined ? '' : 'little'} act={retry}>
          {t(dead === undefined ? 'push.retryAll' : 'action.retry')}
        </ActButton>
      )}{' '}
      {mayDiscard && (
        <RemoveButton
          worded={dead === undefined}
          label={dead === undefined ? t('push.discardAll') : t('push.discard', about)}
          confirm={dead === undefined ? t('push.confirmDiscardAll') : t('push.confirmDiscard', about)}
          remove={() => call('discardDeadPushes', { body })}
          onRemoved={onChanged}
        />
      )}
    </span>
  );
}

function What({ dead: { event, mac } }: { dead: DeadPush }): JSX.Element {
  return (
    <div>
      {t(`push.event.${event}`)}{' '}
      <a class="mono nowrap" href={link(['devices', mac])}>
        {mac}
      </a>
    </div>
  );
}

function When({ dead: { endedAt, tries } }: { dead: DeadPush }): JSX.Element {
  const now = useNow(30_000);
  return (
    <div>
      <time class="nowrap" dateTime={endedAt} title={formatExact(endedAt)}>
        {formatAgo(endedAt, now)}
      </time>{' '}
      <span class="muted small nowrap">{tn('push.tries', tries)}</span>
    </div>
  );
}

function Why({ dead: { code, message } }: { dead: DeadPush }): JSX.Element {
  return (
    <div>
      <CodeWords code={code} message={message} />
      <span class="mono muted small">{code}</span>
    </div>
  );
}
