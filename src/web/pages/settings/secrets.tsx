// Secrets stored on this station, by name: their values stay where they are.
import type { JSX } from 'preact';
import { call } from '../../api/client.js';
import { formatExact } from '../../format/format.js';
import { t } from '../../i18n/translate.js';
import { DialogButton } from '../../ui/dialog.js';
import { ListCard, RemoveButton } from '../../ui/list-card.js';
import { OWN, useLive } from '../../ui/live.js';
import { Copyable } from '../../ui/parts.js';
import { SecretDialog } from '../setup/secret-dialog.js';

export function SecretSettings(): JSX.Element {
  const { value, failure, reload } = useLive(
    'secrets',
    async (signal) => (await call('listSecrets', { signal })).secrets,
    '',
    OWN,
  );
  return (
    <ListCard
      title={t('settings.secrets')}
      aside={
        <DialogButton icon="plus" label={t('secret.store')}>
          {(close) => <SecretDialog name="wifi" onStored={reload} onClose={close} />}
        </DialogButton>
      }
      rows={value}
      failure={failure}
      none={t('secret.none')}
      keyOf={({ name }) => name}
      columns={[
        { name: t('people.name'), cell: ({ name }) => name },
        { name: t('secret.use'), cell: ({ name }) => <Copyable value={`file:${name}`} what={name} /> },
        { name: t('secret.saved'), cell: ({ savedAt }) => formatExact(savedAt) },
      ]}
      actions={({ name }) => (
        <RemoveButton
          label={t('secret.remove', { name })}
          confirm={t('secret.confirmRemove', { name })}
          remove={() => call('removeSecret', { params: { name } })}
          onRemoved={reload}
        />
      )}
    />
  );
}
