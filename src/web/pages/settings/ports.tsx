// Ports of the station: serial places that are known, network ports, virtual boards.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PortState, VirtualFault, VirtualFirmware } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t, tn } from '../../i18n/translate.js';
import { go, link } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { SelectField, TextField } from '../../ui/field.js';
import { ListCard, RemoveButton } from '../../ui/list-card.js';
import { Badge } from '../../ui/parts.js';
import { ActButton, ActForm } from '../../ui/work.js';

export function PortSettings(): JSX.Element {
  const ports = useStore((state) => state.ports) ?? [];
  const mayEdit = useStore((state) => hasRole(state.session, 'engineer'));
  return (
    <>
      <ListCard<PortState>
        title={t('settings.ports')}
        aside={<span class="muted">{tn('settings.portCount', ports.length)}</span>}
        rows={ports}
        none={t('settings.noPorts')}
        keyOf={({ port }) => port}
        columns={[
          { name: t('today.slot'), cell: ({ slot }) => slot },
          { name: t('fact.port'), cell: nameOf },
          { name: t('devices.status'), cell: statusOf },
        ]}
        actions={(port) =>
          mayEdit &&
          isRemovable(port) && (
            <RemoveButton
              label={t('settings.removePort', { port: port.label })}
              remove={() => call('removePort', { body: { port: port.port } })}
            />
          )
        }
      />
      {mayEdit && <Teach />}
      {mayEdit && <AddNetworkPort />}
      {mayEdit && <VirtualBoards />}
    </>
  );
}

const isRemovable = ({ kind, present }: PortState): boolean =>
  kind !== 'virtual' && (kind === 'network' || !present);

function nameOf({ label, port }: PortState): JSX.Element {
  return (
    <span>
      {label} {label !== port && <span class="mono muted small">{port}</span>}
    </span>
  );
}

function statusOf({ present }: PortState): JSX.Element {
  return (
    <Badge tone={present ? 'accent' : 'plain'} icon={present ? 'plug' : 'unplug'}>
      {t(present ? 'settings.present' : 'settings.absent')}
    </Badge>
  );
}

/** The places of a fixture get their numbers on the station page, board by board. */
function Teach(): JSX.Element {
  const begin = async (): Promise<void> => {
    await call('beginTeaching', {});
    go(link([]));
  };
  return (
    <section class="card stack">
      <header>
        <h2>{t('teach.title')}</h2>
        <ActButton act={begin}>{t('teach.begin')}</ActButton>
      </header>
      <p class="muted">{t('teach.hint')}</p>
    </section>
  );
}

function AddNetworkPort(): JSX.Element {
  const [port, setPort] = useState('');
  const add = async (): Promise<void> => {
    await call('addPort', { body: { port: port.trim() } });
    setPort('');
  };
  return (
    <ActForm
      inline
      title={t('settings.addPort')}
      submit={t('settings.add')}
      disabled={port.trim() === ''}
      act={add}
    >
      <TextField
        label={t('settings.address')}
        mono
        value={port}
        placeholder="rfc2217://192.168.1.20:4000"
        onInput={setPort}
      />
    </ActForm>
  );
}

const COUNTS = ['1', '4', '8', '16', '32', '64'] as const;

const FAULTS = Object.keys({
  none: true,
  'unplugged while writing': true,
  'worn cable': true,
  'worn flash': true,
  'no answer': true,
  'wrong proof': true,
} satisfies Record<VirtualFault | 'none', true>) as (VirtualFault | 'none')[];

const FIRMWARE = [
  'none',
  'improv',
  'protocomm',
  'console',
  'wps',
  'smartconfig',
] as const satisfies readonly (VirtualFirmware | 'none')[];

function VirtualBoards(): JSX.Element {
  const [count, setCount] = useState<string>('4');
  const [fault, setFault] = useState<VirtualFault | 'none'>('none');
  const [firmware, setFirmware] = useState<VirtualFirmware | 'none'>('none');
  const some = useStore((state) => state.ports?.some(({ kind }) => kind === 'virtual') === true);
  return (
    <ActForm
      inline
      title={t('settings.virtual')}
      submit={t('settings.add')}
      act={() =>
        call('addVirtualBoards', {
          body: {
            count: Number(count),
            ...(fault === 'none' ? {} : { fault }),
            ...(firmware === 'none' ? {} : { firmware }),
          },
        })
      }
      aside={
        some && (
          <ActButton class="danger" act={() => call('removeVirtualBoards', { body: {} })}>
            {t('settings.removeVirtual')}
          </ActButton>
        )
      }
      below={<p class="muted small">{t('settings.faultHint')}</p>}
    >
      <SelectField
        label={t('settings.howMany')}
        value={count}
        options={COUNTS.map((value) => ({ value: value, label: value }))}
        onChange={setCount}
      />
      <SelectField
        label={t('settings.fault')}
        value={fault}
        options={FAULTS.map((value) => ({ value, label: t(`fault.${value}`) }))}
        onChange={setFault}
      />
      <SelectField
        label={t('nav.firmware')}
        value={firmware}
        options={FIRMWARE.map((value) => ({ value, label: t(`firmware.${value}`) }))}
        onChange={setFirmware}
      />
    </ActForm>
  );
}
