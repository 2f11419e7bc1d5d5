// Secrets stored on this station, by name: their values stay where they are.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.js';
import { formatExact } from '../../format/format.js';
import { currentLocale, t } from '../../i18n/translate.js';
import { Icon } from '../../ui/icon.js';
import { ListCard, RemoveButton } from '../../ui/list-card.js';
import { useLoad } from '../../ui/load.js';
import { Copyable } from '../../ui/parts.js';
import { attempt } from '../../ui/toasts.js';
import { SecretDialog } from '../setup/secret-dialog.js';

export function SecretSettings(): JSX.Element {
  const { value, reload } = useLoad(async (signal) => (await call('listSecrets', { signal })).secrets, '');
  const [adding, setAdding] = useState(false);
  const remove = async (name: string): Promise<void> => {
    if (!window.confirm(t('secret.confirmRemove', { name }))) return;
    if (await attempt(() => call('removeSecret', { params: { name } }))) reload();
  };
  return (
    <>
      <ListCard
        title={t('settings.secrets')}
        aside={
          <button
            type="button"
            class="button"
            onClick={() => {
              setAdding(true);
            }}
          >
            <Icon name="plus" />
            {t('secret.store')}
          </button>
        }
        rows={value}
        none={t('secret.none')}
        keyOf={({ name }) => name}
        columns={[
          { name: t('secret.name'), cell: ({ name }) => name },
          { name: t('secret.use'), cell: ({ name }) => <Copyable value={`file:${name}`} what={name} /> },
          { name: t('secret.saved'), cell: ({ savedAt }) => formatExact(savedAt, currentLocale()) },
        ]}
        actions={({ name }) => (
          <RemoveButton label={t('secret.remove', { name })} onClick={() => void remove(name)} />
        )}
      />
      {adding && (
        <SecretDialog
          name="wifi"
          onStored={reload}
          onClose={() => {
            setAdding(false);
          }}
        />
      )}
    </>
  );
}
