// Secrets stored on this station, by name: their values stay where they are.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.js';
import { formatExact } from '../../format/format.js';
import { currentLocale, t } from '../../i18n/translate.js';
import { Icon } from '../../ui/icon.js';
import { useLoad } from '../../ui/load.js';
import { Copyable, Skeleton } from '../../ui/parts.js';
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
    <section class="card flush">
      <header>
        <h2>{t('settings.secrets')}</h2>
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
      </header>
      {value === undefined && (
        <div class="list-note">
          <Skeleton lines={2} />
        </div>
      )}
      {value?.length === 0 && <p class="muted list-note">{t('secret.none')}</p>}
      {value !== undefined && value.length > 0 && (
        <SecretTable secrets={value} onRemove={(name) => void remove(name)} />
      )}
      {adding && (
        <SecretDialog
          name="wifi"
          onStored={reload}
          onClose={() => {
            setAdding(false);
          }}
        />
      )}
    </section>
  );
}

interface SecretTableProps {
  readonly secrets: readonly { readonly name: string; readonly savedAt: string }[];
  readonly onRemove: (name: string) => void;
}

function SecretTable({ secrets, onRemove }: SecretTableProps): JSX.Element {
  return (
    <table class="table cards">
      <thead>
        <tr>
          <th scope="col">{t('secret.name')}</th>
          <th scope="col">{t('secret.use')}</th>
          <th scope="col">{t('secret.saved')}</th>
          <th scope="col">
            <span class="visually-hidden">{t('settings.actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {secrets.map(({ name, savedAt }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td data-name={t('secret.use')}>
              <Copyable value={`file:${name}`} what={name} />
            </td>
            <td data-name={t('secret.saved')}>{formatExact(savedAt, currentLocale())}</td>
            <td class="right">
              <button
                type="button"
                class="button quiet little icon-only"
                aria-label={t('secret.remove', { name })}
                onClick={() => {
                  onRemove(name);
                }}
              >
                <Icon name="trash" />
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
