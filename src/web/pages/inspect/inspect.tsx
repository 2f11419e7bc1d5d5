// Inspect: one board, everything the chip says, and its NVS against the registry.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Inspection } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { go, link, type Place } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Icon } from '../../ui/icon.js';
import { Blank, FailureNote } from '../../ui/parts.js';
import { InspectionReport } from './report.js';
import { WifiPanel } from './wifi-panel.js';
import { Form } from '../../ui/field.js';

type Run =
  | { readonly state: 'none' }
  | { readonly state: 'reading'; readonly port: string }
  | { readonly state: 'done'; readonly inspection: Inspection }
  | { readonly state: 'failed'; readonly failure: unknown };

export function InspectPage({ place }: { place: Place }): JSX.Element {
  const [run, setRun] = useState<Run>({ state: 'none' });
  const port = place.query['port'] ?? '';
  const read = async (): Promise<void> => {
    setRun({ state: 'reading', port });
    try {
      setRun({ state: 'done', inspection: await call('inspectPort', { body: { port } }) });
    } catch (error) {
      setRun({ state: 'failed', failure: error });
    }
  };
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.inspect')}</h1>
        <PortChoice port={port} reading={run.state === 'reading'} onRead={() => void read()} />
      </header>
      <div class="page-body">
        {run.state === 'none' && (
          <Blank icon="inspect" title={t('inspect.none')}>
            <p>{t('inspect.noneHint')}</p>
          </Blank>
        )}
        {run.state === 'reading' && (
          <Blank icon="clock" title={t('inspect.reading')}>
            <p class="mono">{run.port}</p>
          </Blank>
        )}
        {run.state === 'failed' && <FailureNote failure={run.failure} />}
        {run.state === 'done' && <InspectionReport inspection={run.inspection} />}
        {port !== '' && run.state !== 'reading' && <WifiPanel key={port} port={port} />}
      </div>
    </div>
  );
}

function PortChoice(props: { port: string; reading: boolean; onRead: () => void }): JSX.Element {
  const ports = useStore((state) => state.ports) ?? [];
  const mayRead = useStore((state) => hasRole(state.session, 'operator'));
  const present = ports.filter((port) => port.present);
  const busy = present.find(({ port }) => port === props.port)?.job?.state === 'running';
  const known = present.some(({ port }) => port === props.port);
  return (
    <Form class="row" onSubmit={() => props.onRead()}>
      <label>
        <span class="visually-hidden">{t('fact.port')}</span>
        <select
          class="select"
          value={known ? props.port : ''}
          onChange={(event) => go(link(['inspect'], { port: event.currentTarget.value }), { replace: true })}
        >
          <option value="">{t(present.length === 0 ? 'inspect.noBoard' : 'inspect.choose')}</option>
          {present.map(({ port, slot, label }) => (
            <option key={port} value={port}>
              {slot} · {label}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button primary" disabled={!known || busy || props.reading || !mayRead}>
        <Icon name="inspect" />
        {t('inspect.read')}
      </button>
    </Form>
  );
}
