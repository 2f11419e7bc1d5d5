// Tokens with which machines call the service. A new one is shown once.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Role, Token } from '../../../service/contract/index.js';
import { call, serviceNow } from '../../api/client.js';
import { formatAgo, formatExact } from '../../format/format.js';
import { t } from '../../i18n/translate.js';
import { TextField } from '../../ui/field.js';
import { ListCard, RemoveButton } from '../../ui/list-card.js';
import { OWN, useLive } from '../../ui/live.js';
import { Copyable, Note } from '../../ui/parts.js';
import { ActForm } from '../../ui/work.js';
import { RoleField } from './people.js';

export function TokenSettings(): JSX.Element {
  const { value, failure, reload } = useLive(
    'tokens',
    async (signal) => (await call('listTokens', { signal })).tokens,
    '',
    OWN,
  );
  return (
    <>
      <ListCard<Token>
        title={t('settings.tokens')}
        rows={value}
        failure={failure}
        none={t('tokens.none')}
        keyOf={({ id }) => id}
        columns={[
          { name: t('tokens.label'), cell: ({ label }) => label },
          { name: t('people.role'), cell: ({ role }) => t(`role.${role}`) },
          { name: t('people.since'), cell: ({ createdAt }) => formatExact(createdAt) },
          {
            name: t('people.lastUsed'),
            cell: ({ lastUsedAt }) =>
              lastUsedAt === undefined ? t('tokens.never') : formatAgo(lastUsedAt, serviceNow()),
          },
        ]}
        actions={({ id, label }) => (
          <RemoveButton
            label={t('tokens.revoke', { label })}
            confirm={t('tokens.confirmRevoke', { label })}
            remove={() => call('revokeToken', { params: { id } })}
            onRemoved={reload}
          />
        )}
      />
      <AddToken onAdded={reload} />
    </>
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
    <ActForm
      inline
      title={t('tokens.add')}
      submit={t('settings.add')}
      disabled={label.trim() === ''}
      act={add}
      below={
        made !== undefined && (
          <Note tone="warn">
            <p>{t('tokens.once')}</p>
            <Copyable value={made} what={t('tokens.token')} />
          </Note>
        )
      }
    >
      <TextField
        label={t('tokens.label')}
        value={label}
        placeholder="MES, line 2"
        onInput={setLabel}
        required
      />
      <RoleField role={role} onChange={setRole} />
    </ActForm>
  );
}
