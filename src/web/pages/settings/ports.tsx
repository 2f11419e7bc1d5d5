// Ports of the station: serial places that are known, network ports, virtual boards.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PortState } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t, tn } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { SelectField, TextField } from '../../ui/field.js';
import { Icon } from '../../ui/icon.js';
import { Badge } from '../../ui/parts.js';
import { attempt } from '../../ui/toasts.js';

export function PortSettings(): JSX.Element {
  const ports = useStore((state) => state.ports) ?? [];
  const mayEdit = useStore((state) => hasRole(state.session, 'engineer'));
  return (
    <>
      <section class="card flush">
        <header>
          <h2>{t('settings.ports')}</h2>
          <span class="muted">{tn('settings.portCount', ports.length)}</span>
        </header>
        {ports.length === 0 ? (
          <p class="muted list-note">{t('settings.noPorts')}</p>
        ) : (
          <table class="table cards">
            <thead>
              <tr>
                <th scope="col">{t('today.slot')}</th>
                <th scope="col">{t('fact.port')}</th>
                <th scope="col">{t('devices.status')}</th>
                <th scope="col">
                  <span class="visually-hidden">{t('settings.actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {ports.map((port) => (
                <Row key={port.port} port={port} mayEdit={mayEdit} />
              ))}
            </tbody>
          </table>
        )}
      </section>
      {mayEdit && <AddNetworkPort />}
      {mayEdit && <VirtualBoards />}
    </>
  );
}

function Row({ port, mayEdit }: { port: PortState; mayEdit: boolean }): JSX.Element {
  const { slot, label, kind, present } = port;
  const removable = mayEdit && kind !== 'virtual' && (kind === 'network' || !present);
  return (
    <tr>
      <th scope="row">{slot}</th>
      <td data-name={t('fact.port')}>
        {label} {label !== port.port && <span class="mono muted small">{port.port}</span>}
      </td>
      <td data-name={t('devices.status')}>
        <Badge tone={present ? 'accent' : 'plain'} icon={present ? 'plug' : 'unplug'}>
          {t(present ? 'settings.present' : 'settings.absent')}
        </Badge>
      </td>
      <td class="right">
        {removable && (
          <button
            type="button"
            class="button quiet icon-only"
            aria-label={t('settings.removePort', { port: label })}
            onClick={() => void attempt(() => call('removePort', { body: { port: port.port } }))}
          >
            <Icon name="trash" />
          </button>
        )}
      </td>
    </tr>
  );
}

function AddNetworkPort(): JSX.Element {
  const [port, setPort] = useState('');
  const add = async (): Promise<void> => {
    if (await attempt(() => call('addPort', { body: { port: port.trim() } }))) setPort('');
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
        <h2>{t('settings.addPort')}</h2>
      </header>
      <div class="inline-form">
        <TextField
          label={t('settings.address')}
          mono
          value={port}
          placeholder="rfc2217://192.168.1.20:4000"
          onInput={setPort}
        />
        <button type="submit" class="button" disabled={port.trim() === ''}>
          {t('settings.add')}
        </button>
      </div>
    </form>
  );
}

const COUNTS = ['1', '4', '8', '16', '32', '64'] as const;

function VirtualBoards(): JSX.Element {
  const [count, setCount] = useState<string>('4');
  const some = useStore((state) => state.ports?.some(({ kind }) => kind === 'virtual') === true);
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(() => call('addVirtualBoards', { body: { count: Number(count) } }));
      }}
    >
      <header>
        <h2>{t('settings.virtual')}</h2>
        {some && (
          <button
            type="button"
            class="button danger"
            onClick={() => void attempt(() => call('removeVirtualBoards', { body: {} }))}
          >
            {t('settings.removeVirtual')}
          </button>
        )}
      </header>
      <div class="inline-form">
        <SelectField
          label={t('settings.howMany')}
          value={count}
          options={COUNTS.map((value) => ({ value: value, label: value }))}
          onChange={setCount}
        />
        <button type="submit" class="button">
          {t('settings.add')}
        </button>
      </div>
    </form>
  );
}
