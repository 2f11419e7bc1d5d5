// The registry: whether it answers, how fast, and a test of another one that explains what it found.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RegistryStatus } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatShort } from '../../format/format.js';
import { currentLocale, t, tn } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { TextField } from '../../ui/field.js';
import { useLoad } from '../../ui/load.js';
import { FailureNote, Note, Skeleton } from '../../ui/parts.js';
import { failureText } from '../../ui/toasts.js';

export function RegistrySettings(): JSX.Element {
  const { value, failure, reload, loading } = useLoad(
    (signal) => call('registryStatus', { signal }),
    'registry',
  );
  const mayTest = useStore((state) => hasRole(state.session, 'admin'));
  return (
    <>
      <section class="card">
        <header>
          <h2>{t('settings.registry')}</h2>
          <button type="button" class="button" disabled={loading} onClick={reload}>
            {t('registry.test')}
          </button>
        </header>
        <FailureNote failure={failure} />
        {value === undefined && failure === undefined && <Skeleton lines={2} />}
        {value !== undefined && <Status status={value} />}
      </section>
      {mayTest && <TestOther />}
    </>
  );
}

function Status({ status }: { status: RegistryStatus }): JSX.Element {
  const { ok, description, durationMs, message, code, pendingSync = 0, conflicts = 0 } = status;
  return (
    <Note tone={ok ? 'pass' : 'fail'}>
      <p class="strong">
        {t(ok ? 'registry.ok' : 'registry.notOk', { ms: formatShort(durationMs, currentLocale()) })}
      </p>
      <p>{description}</p>
      {message !== undefined && <p>{message}</p>}
      {code !== undefined && <p class="mono small">{code}</p>}
      {pendingSync > 0 && <p>{tn('registry.pendingSync', pendingSync)}</p>}
      {conflicts > 0 && (
        <p class="strong">
          <a href={link(['conflicts'])}>{tn('registry.conflicts', conflicts)}</a>
        </p>
      )}
    </Note>
  );
}

/** The URL holds a password: it stays in this field, and is sent only to be tried. */
function TestOther(): JSX.Element {
  const [databaseUrl, setDatabaseUrl] = useState('');
  const [result, setResult] = useState<RegistryStatus>();
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const test = async (): Promise<void> => {
    setBusy(true);
    setResult(undefined);
    setFailure(undefined);
    try {
      setResult(await call('testRegistry', { body: { databaseUrl } }));
    } catch (error) {
      setFailure(failureText(error));
    }
    setBusy(false);
  };
  return (
    <form
      class="card stack"
      onSubmit={(event) => {
        event.preventDefault();
        void test();
      }}
    >
      <header>
        <h2>{t('registry.other')}</h2>
      </header>
      <div class="inline-form">
        <TextField
          label={t('registry.url')}
          type="password"
          mono
          value={databaseUrl}
          placeholder="postgres://…"
          autoComplete="off"
          onInput={setDatabaseUrl}
        />
        <button type="submit" class="button" disabled={busy || databaseUrl.trim() === ''}>
          {t('registry.try')}
        </button>
      </div>
      <p class="muted small">{t('registry.otherHint')}</p>
      {result !== undefined && <Status status={result} />}
      <FailureNote failure={failure} />
    </form>
  );
}
