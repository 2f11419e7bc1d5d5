// People who may sign in, and their open sessions.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Role, User } from '../../../service/contract/index.js';
import { call, serviceNow } from '../../api/client.js';
import { formatAgo, formatExact } from '../../format/format.js';
import { t } from '../../i18n/translate.js';
import { Dialog, DialogButton } from '../../ui/dialog.js';
import { SelectField, TextField } from '../../ui/field.js';
import { ListCard, RemoveButton } from '../../ui/list-card.js';
import { OWN, useLive } from '../../ui/live.js';
import { say } from '../../ui/toasts.js';
import { ActButton, ActForm } from '../../ui/work.js';

const ROLE_NAMES: readonly Role[] = ['viewer', 'operator', 'engineer', 'admin'];
const MIN_PASSWORD = 10;

export function PeopleSettings(): JSX.Element {
  const { value, failure, reload } = useLive(
    'users',
    async (signal) => (await call('listUsers', { signal })).users,
    '',
    OWN,
  );
  return (
    <>
      <ListCard<User>
        title={t('settings.people')}
        rows={value}
        failure={failure}
        none={t('people.none')}
        keyOf={({ name }) => name}
        columns={[
          { name: t('people.name'), cell: ({ name }) => name },
          { name: t('people.role'), cell: ({ role }) => t(`role.${role}`) },
          { name: t('people.since'), cell: ({ createdAt }) => formatExact(createdAt) },
        ]}
        actions={({ name }) => (
          <>
            <DialogButton class="little" label={t('people.newPassword')}>
              {(close) => <PasswordDialog name={name} onClose={close} />}
            </DialogButton>{' '}
            <RemoveButton
              label={t('people.remove', { name })}
              confirm={t('people.confirmRemove', { name })}
              remove={() => call('removeUser', { params: { name } })}
              onRemoved={reload}
            />
          </>
        )}
      />
      <AddPerson onAdded={reload} />
      <Sessions />
    </>
  );
}

export function RoleField({ role, onChange }: { role: Role; onChange: (role: Role) => void }): JSX.Element {
  const options = ROLE_NAMES.map((value) => ({ value, label: t(`role.${value}`) }));
  return <SelectField label={t('people.role')} value={role} options={options} onChange={onChange} />;
}

function AddPerson({ onAdded }: { onAdded: () => void }): JSX.Element {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('operator');
  const [password, setPassword] = useState('');
  const add = async (): Promise<void> => {
    await call('addUser', { body: { name: name.trim(), role, password } });
    setName('');
    setPassword('');
    onAdded();
  };
  return (
    <ActForm
      inline
      title={t('people.add')}
      submit={t('settings.add')}
      disabled={name.trim() === '' || password.length < MIN_PASSWORD}
      act={add}
      below={<p class="muted small">{t('people.passwordHint', { n: MIN_PASSWORD })}</p>}
    >
      <TextField label={t('people.name')} value={name} onInput={setName} required />
      <RoleField role={role} onChange={setRole} />
      <TextField
        label={t('people.password')}
        type="password"
        value={password}
        onInput={setPassword}
        autoComplete="new-password"
        required
      />
    </ActForm>
  );
}

function PasswordDialog({ name, onClose }: { name: string; onClose: () => void }): JSX.Element {
  const [password, setPassword] = useState('');
  const save = async (): Promise<void> => {
    await call('setPassword', { params: { name }, body: { password } });
    say(t('people.passwordSet', { name }));
    onClose();
  };
  return (
    <Dialog title={`${t('people.newPassword')}: ${name}`} onClose={onClose}>
      <ActForm submit={t('setup.save')} disabled={password.length < MIN_PASSWORD} act={save}>
        <p>{t('people.passwordConsequence')}</p>
        <TextField
          label={t('people.password')}
          type="password"
          value={password}
          onInput={setPassword}
          autoComplete="new-password"
          hint={t('people.passwordHint', { n: MIN_PASSWORD })}
        />
      </ActForm>
    </Dialog>
  );
}

function Sessions(): JSX.Element | null {
  const { value, reload } = useLive(
    'sessions',
    async (signal) => (await call('listSessions', { signal })).sessions,
  );
  if (value === undefined || value.length === 0) return null;
  return (
    <ListCard
      title={t('people.sessions')}
      rows={value}
      none=""
      keyOf={({ id }) => id}
      columns={[
        { name: t('people.name'), cell: ({ user }) => user },
        {
          name: t('people.lastUsed'),
          cell: ({ lastUsedAt }) => formatAgo(lastUsedAt, serviceNow()),
        },
      ]}
      actions={({ id }) => (
        <ActButton class="little" act={() => call('revokeSession', { params: { id } }).then(reload)}>
          {t('people.endSession')}
        </ActButton>
      )}
    />
  );
}
