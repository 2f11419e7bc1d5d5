// The registry: whether it answers, how fast, and a test of another one that explains what it found.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RegistryStatus } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatExact, formatShort } from '../../format/format.js';
import { t, tn } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { TextField } from '../../ui/field.js';
import { useLive } from '../../ui/live.js';
import { FailureNote, Note, Skeleton } from '../../ui/parts.js';
import { CodeWords, Folded } from '../../ui/service-words.js';
import { ActForm } from '../../ui/work.js';

export function RegistrySettings(): JSX.Element {
  const { value, failure, reload, loading } = useLive('push', (signal) => call('registryStatus', { signal }));
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
      {value?.spool !== undefined && value.spool.length > 0 && <SpoolFaults faults={value.spool} />}
      {mayTest && <TestOther />}
    </>
  );
}

function Status({ status }: { status: RegistryStatus }): JSX.Element {
  const { ok, description, durationMs, message, code, params = {}, pendingSync = 0, conflicts = 0 } = status;
  const wanted = code === 'SECRET_UNREADABLE' ? params['wanted'] : undefined;
  return (
    <Note tone={ok ? 'pass' : 'fail'}>
      <p class="strong">{t(ok ? 'registry.ok' : 'registry.notOk', { ms: formatShort(durationMs) })}</p>
      <p>{description}</p>
      {wanted === undefined ? (
        message !== undefined && <CodeWords code={code ?? ''} message={message} />
      ) : (
        <>
          <p class="strong">{t('banner.wrongKey', { wanted })}</p>
          <p>{t(params['advice'] === 'unset' ? 'registry.otherKey' : 'registry.bringKey', { wanted })}</p>
        </>
      )}
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

type Fault = NonNullable<RegistryStatus['spool']>[number];

/** What this computer keeps for the registry and a person has to look at; nothing of it is lost. */
function SpoolFaults({ faults }: { faults: readonly Fault[] }): JSX.Element {
  return (
    <section class="card stack">
      <header>
        <h2>{t('spool.title')}</h2>
      </header>
      <p class="muted">{t('spool.hint')}</p>
      {faults.map(({ code, params, message }) => (
        <Note key={message} tone="warn">
          <p class="strong">{t(`spool.${code}`, shownParams(params))}</p>
          <p>{t(`spool.do.${code}`, shownParams(params))}</p>
          <p class="mono small">{code}</p>
          {params['reason'] !== undefined && <Folded text={String(params['reason'])} />}
        </Note>
      ))}
    </section>
  );
}

/** Times as everywhere on the page. */
const shownParams = (params: Fault['params']): Fault['params'] =>
  typeof params['changedAt'] === 'string'
    ? { ...params, changedAt: formatExact(params['changedAt']) }
    : params;

/** The URL holds a password: it stays in this field, and is sent only to be tried. */
function TestOther(): JSX.Element {
  const [databaseUrl, setDatabaseUrl] = useState('');
  const [result, setResult] = useState<RegistryStatus>();
  const test = async (): Promise<void> => {
    setResult(undefined);
    setResult(await call('testRegistry', { body: { databaseUrl } }));
  };
  return (
    <ActForm
      inline
      title={t('registry.other')}
      submit={t('registry.try')}
      disabled={databaseUrl.trim() === ''}
      act={test}
      below={
        <>
          <p class="muted small">{t('registry.otherHint')}</p>
          {result !== undefined && <Status status={result} />}
        </>
      }
    >
      <TextField
        label={t('settings.address')}
        type="password"
        mono
        value={databaseUrl}
        placeholder="postgres://…"
        autoComplete="off"
        onInput={setDatabaseUrl}
      />
    </ActForm>
  );
}
