// Sign-in: name and password, nothing else.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n/translate.js';
import { signIn } from '../store/session.js';
import { useStore } from '../store/store.js';
import { Form, TextField } from '../ui/field.js';
import { FailureNote, Note } from '../ui/parts.js';
import { useWork } from '../ui/work.js';

export function SignInPage(): JSX.Element {
  const hasEnded = useStore((state) => state.hasEnded === true);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const { busy, failure, run } = useWork();
  const submit = (): Promise<void> => run(() => signIn(name.trim(), password).finally(() => setPassword('')));
  return (
    <main class="sign-in">
      <Form class="card stack" onSubmit={() => void submit()}>
        <div class="brand">
          <img src="./icon.svg" alt="" width="40" height="40" />
          <h1>espmint</h1>
        </div>
        {hasEnded && failure === undefined && <Note tone="accent">{t('signIn.ended')}</Note>}
        <TextField label={t('people.name')} value={name} onInput={setName} autoComplete="username" required />
        <TextField
          label={t('people.password')}
          type="password"
          value={password}
          onInput={setPassword}
          autoComplete="current-password"
          required
        />
        <FailureNote failure={failure} />
        <button type="submit" class="button primary" disabled={busy || name.trim() === '' || password === ''}>
          {t('signIn.do')}
        </button>
      </Form>
    </main>
  );
}
