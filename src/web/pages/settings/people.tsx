// People who may sign in, and their open sessions.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Role, User } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatAgo, formatExact } from '../../format/format.js';
import { currentLocale, t } from '../../i18n/translate.js';
import { Dialog } from '../../ui/dialog.js';
import { SelectField, TextField } from '../../ui/field.js';
import { Icon } from '../../ui/icon.js';
import { useLoad } from '../../ui/load.js';
import { Skeleton } from '../../ui/parts.js';
import { attempt, say } from '../../ui/toasts.js';

export const ROLE_NAMES: readonly Role[] = ['viewer', 'operator', 'engineer', 'admin'];
const MIN_PASSWORD = 10;

export function PeopleSettings(): JSX.Element {
  const { value, reload } = useLoad(async (signal) => (await call('listUsers', { signal })).users, 'users');
  const [changing, setChanging] = useState<string>();
  return (
    <>
      <section class="card flush">
        <header>
          <h2>{t('settings.people')}</h2>
        </header>
        {value === undefined && (
          <div class="list-note">
            <Skeleton lines={3} />
          </div>
        )}
        {value?.length === 0 && <p class="muted list-note">{t('people.none')}</p>}
        {value !== undefined && value.length > 0 && (
          <People users={value} onPassword={setChanging} onChanged={reload} />
        )}
      </section>
      <AddPerson onAdded={reload} />
      <Sessions />
      {changing !== undefined && (
        <PasswordDialog
          name={changing}
          onClose={() => {
            setChanging(undefined);
          }}
        />
      )}
    </>
  );
}

interface PeopleProps {
  readonly users: readonly User[];
  readonly onPassword: (name: string) => void;
  readonly onChanged: () => void;
}

function People({ users, onPassword, onChanged }: PeopleProps): JSX.Element {
  const remove = async (name: string): Promise<void> => {
    if (!window.confirm(t('people.confirmRemove', { name }))) return;
    if (await attempt(() => call('removeUser', { params: { name } }))) onChanged();
  };
  return (
    <table class="table cards">
      <thead>
        <tr>
          <th scope="col">{t('people.name')}</th>
          <th scope="col">{t('people.role')}</th>
          <th scope="col">{t('people.since')}</th>
          <th scope="col">
            <span class="visually-hidden">{t('settings.actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {users.map(({ name, role, createdAt }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td data-name={t('people.role')}>{t(`role.${role}`)}</td>
            <td data-name={t('people.since')}>{formatExact(createdAt, currentLocale())}</td>
            <td class="right nowrap">
              <button
                type="button"
                class="button little"
                onClick={() => {
                  onPassword(name);
                }}
              >
                {t('people.newPassword')}
              </button>{' '}
              <button
                type="button"
                class="button quiet little icon-only"
                aria-label={t('people.remove', { name })}
                onClick={() => void remove(name)}
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

function AddPerson({ onAdded }: { onAdded: () => void }): JSX.Element {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('operator');
  const [password, setPassword] = useState('');
  const add = async (): Promise<void> => {
    if (!(await attempt(() => call('addUser', { body: { name: name.trim(), role, password } })))) return;
    setName('');
    setPassword('');
    onAdded();
  };
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <header>
        <h2>{t('people.add')}</h2>
      </header>
      <div class="inline-form">
        <TextField label={t('people.name')} value={name} onInput={setName} required />
        <SelectField
          label={t('people.role')}
          value={role}
          options={ROLE_NAMES.map((value) => ({ value, label: t(`role.${value}`) }))}
          onChange={setRole}
        />
        <TextField
          label={t('people.password')}
          type="password"
          value={password}
          onInput={setPassword}
          autoComplete="new-password"
          required
        />
        <button
          type="submit"
          class="button primary"
          disabled={name.trim() === '' || password.length < MIN_PASSWORD}
        >
          {t('settings.add')}
        </button>
      </div>
      <p class="muted small">{t('people.passwordHint', { n: MIN_PASSWORD })}</p>
    </form>
  );
}

function PasswordDialog({ name, onClose }: { name: string; onClose: () => void }): JSX.Element {
  const [password, setPassword] = useState('');
  const save = async (): Promise<void> => {
    if (!(await attempt(() => call('setPassword', { params: { name }, body: { password } })))) return;
    say(t('people.passwordSet', { name }));
    onClose();
  };
  return (
    <Dialog title={`${t('people.newPassword')}: ${name}`} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <p>{t('people.passwordConsequence')}</p>
        <TextField
          label={t('people.password')}
          type="password"
          value={password}
          onInput={setPassword}
          autoComplete="new-password"
          hint={t('people.passwordHint', { n: MIN_PASSWORD })}
        />
        <div class="dialog-actions">
          <button type="submit" class="button primary" disabled={password.length < MIN_PASSWORD}>
            {t('settings.save')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Sessions(): JSX.Element | null {
  const { value, reload } = useLoad(
    async (signal) => (await call('listSessions', { signal })).sessions,
    'sessions',
  );
  if (value === undefined || value.length === 0) return null;
  return (
    <section class="card flush">
      <header>
        <h2>{t('people.sessions')}</h2>
      </header>
      <table class="table cards">
        <tbody>
          {value.map(({ id, user, lastUsedAt }) => (
            <tr key={id}>
              <th scope="row">{user}</th>
              <td data-name={t('people.lastUsed')}>{formatAgo(lastUsedAt, Date.now(), currentLocale())}</td>
              <td class="right">
                <button
                  type="button"
                  class="button little"
                  onClick={() => void attempt(() => call('revokeSession', { params: { id } })).then(reload)}
                >
                  {t('people.endSession')}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
