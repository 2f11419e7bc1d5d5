// The test of the CA URL, with its answer as a sentence. It is about one URL: another one needs another test.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { CaTest } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatShort } from '../../format/format.js';
import { t } from '../../i18n/translate.js';
import { FailureNote, Note } from '../../ui/parts.js';

interface Outcome {
  readonly url: string;
  readonly result?: CaTest;
  readonly failure?: unknown;
}

export function CaUrlTest({ url }: { url: string }): JSX.Element {
  const [outcome, setOutcome] = useState<Outcome>();
  const [busy, setBusy] = useState(false);
  const test = async (): Promise<void> => {
    setBusy(true);
    try {
      setOutcome({ url, result: await call('testCa', { body: { url } }) });
    } catch (error) {
      setOutcome({ url, failure: error });
    }
    setBusy(false);
  };
  return (
    <div class="wide stack tight">
      <div>
        <button type="button" class="button little" disabled={busy || url === ''} onClick={() => void test()}>
          {t(busy ? 'ca.testing' : 'registry.test')}
        </button>
      </div>
      <div role="status">{outcome?.url === url && <Answer {...outcome} />}</div>
    </div>
  );
}

function Answer({ result, failure }: Outcome): JSX.Element {
  if (result === undefined) return <FailureNote failure={failure} />;
  return (
    <Note tone={result.ok ? 'pass' : 'fail'}>
      <p>{sentenceOf(result)}</p>
    </Note>
  );
}

function sentenceOf({ ok, durationMs, status = 0, code, message = '' }: CaTest): string {
  const ms = formatShort(durationMs);
  if (ok) return t('ca.ok', { ms, status });
  if (code === 'CA_FAULTY') return t('ca.faulty', { status });
  if (code === 'CA_UNTRUSTED') return t('ca.untrusted');
  return code === 'CA_UNREACHABLE' ? t('ca.unreachable') : message;
}
