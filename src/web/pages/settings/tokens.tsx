// Tokens with which machines call the service. A new one is shown once.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Role, Token } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatAgo, formatExact } from '../../format/format.js';
import { currentLocale, t } from '../../i18n/translate.js';
import { SelectField, TextField } from '../../ui/field.js';
import { Icon } from '../../ui/icon.js';
import { useLoad } from '../../ui/load.js';
import { Copyable, Note, Skeleton } from '../../ui/parts.js';
import { attempt } from '../../ui/toasts.js';
import { ROLE_NAMES } from './people.js';

export function TokenSettings(): JSX.Element {
  const { value, reload } = useLoad(
    async (signal) => (await call('listTokens', { signal })).tokens,
    'tokens',
  );
  return (
    <>
      <section class="card flush">
        <header>
          <h2>{t('settings.tokens')}</h2>
        </header>
        {value === undefined && (
          <div class="list-note">
            <Skeleton lines={3} />
          </div>
        )}
        {value?.length === 0 && <p class="muted list-note">{t('tokens.none')}</p>}
        {value !== undefined && value.length > 0 && <Tokens tokens={value} onChanged={reload} />}
      </section>
      <AddToken onAdded={reload} />
    </>
  );
}

function Tokens({ tokens, onChanged }: { tokens: readonly Token[]; onChanged: () => void }): JSX.Element {
  const language = currentLocale();
  const revoke = async ({ id, label }: Token): Promise<void> => {
    if (!window.confirm(t('tokens.confirmRevoke', { label }))) return;
    if (await attempt(() => call('revokeToken', { params: { id } }))) onChanged();
  };
  return (
    <table class="table cards">
      <thead>
        <tr>
          <th scope="col">{t('tokens.label')}</th>
          <th scope="col">{t('people.role')}</th>
          <th scope="col">{t('people.since')}</th>
          <th scope="col">{t('people.lastUsed')}</th>
          <th scope="col">
            <span class="visually-hidden">{t('settings.actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <tr key={token.id}>
            <th scope="row">{token.label}</th>
            <td data-name={t('people.role')}>{t(`role.${token.role}`)}</td>
            <td data-name={t('people.since')}>{formatExact(token.createdAt, language)}</td>
            <td data-name={t('people.lastUsed')}>
              {token.lastUsedAt === undefined
                ? t('tokens.never')
                : formatAgo(token.lastUsedAt, Date.now(), language)}
            </td>
            <td class="right">
              <button
                type="button"
                class="button quiet little icon-only"
                aria-label={t('tokens.revoke', { label: token.label })}
                onClick={() => void revoke(token)}
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

function AddToken({ onAdded }: { onAdded: () => void }): JSX.Element {
  const [label, setLabel] = useState('');
  const [role, setRole] = useState<Role>('operator');
  const [made, setMade] = useState<string>();
  const add = async (): Promise<void> => {
    const { token } = await call('createToken', { body: { label: label.trim(), role } });
    setMade(token);
    setLabel('');
    onAdded();
  };
  return (
    <form
      class="card stack"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(add);
      }}
    >
      <header>
        <h2>{t('tokens.add')}</h2>
      </header>
      <div class="inline-form">
        <TextField
          label={t('tokens.label')}
          value={label}
          placeholder="MES, line 2"
          onInput={setLabel}
          required
        />
        <SelectField
          label={t('people.role')}
          value={role}
          options={ROLE_NAMES.map((value) => ({ value, label: t(`role.${value}`) }))}
          onChange={setRole}
        />
        <button type="submit" class="button primary" disabled={label.trim() === ''}>
          {t('settings.add')}
        </button>
      </div>
      {made !== undefined && (
        <Note tone="warn">
          <p>{t('tokens.once')}</p>
          <Copyable value={made} what={t('tokens.token')} />
        </Note>
      )}
    </form>
  );
}
