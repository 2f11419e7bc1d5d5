// One device beside the list: identity, history as a timeline, actions with their consequences.
import { ReasonDialog } from '../../ui/reason-form.js';
import type { JSX } from 'preact';
import type { DeviceHistory } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatExact } from '../../format/format.js';
import { fieldName } from '../../i18n/field-names.js';
import { t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { DialogButton } from '../../ui/dialog.js';
import { Facts } from '../../ui/facts.js';
import { Icon } from '../../ui/icon.js';
import { useLive } from '../../ui/live.js';
import { Copyable, FailureNote, Skeleton } from '../../ui/parts.js';
import { denyLink } from '../lists/lists.js';
import { StatusBadge } from './device-table.js';
import { LabelDialog } from './label-dialog.js';
import type { Filters } from './filters.js';
import { RevealDialog } from './reveal-dialog.js';
import { Timeline } from './timeline.js';

interface DeviceDetailProps {
  readonly device: string;
  readonly filters: Filters;
}

export function DeviceDetail({ device, filters }: DeviceDetailProps): JSX.Element {
  const { value, failure } = useLive('devices', (signal) =>
    call('showDevice', { params: { device }, signal }),
  );
  return (
    <aside class="card detail" aria-label={t('audit.device')}>
      <header>
        <h2 class="mono">{value?.mac ?? device}</h2>
        <a
          class="button quiet icon-only"
          href={link(['devices'], { ...filters })}
          aria-label={t('common.close')}
        >
          <Icon name="cross" />
        </a>
      </header>
      <FailureNote failure={failure} />
      {value === undefined && failure === undefined && <Skeleton lines={6} />}
      {value !== undefined && (
        <div class="stack loose">
          <Identity device={value} />
          <Units units={value.units} />
          <div class="row">
            <DialogButton icon="label" label={t('label.do')}>
              {(close) => <LabelDialog mac={value.mac} onClose={close} />}
            </DialogButton>
            <Governing device={value} />
          </div>
          <KeyAction device={value} />
          <section class="stack">
            <h3>{t('devices.history')}</h3>
            <Timeline device={value} />
          </section>
        </div>
      )}
    </aside>
  );
}

function Identity({ device }: { device: DeviceHistory }): JSX.Element {
  const { status, mac, uuid, provisionedAt, caUrl } = device;
  return (
    <Facts
      rows={[
        [t('devices.status'), <StatusBadge status={status} />],
        ['MAC', <Copyable value={mac} what="MAC" />],
        ['UUID', <Copyable value={uuid} what="UUID" />],
        [t('devices.provisioned'), provisionedAt && formatExact(provisionedAt)],
        [t('column.caUrl'), caUrl && <Copyable value={caUrl} what={t('column.caUrl')} />],
        ...FURTHER.map((name) => [fieldName(name), device[name]] as const),
      ]}
    />
  );
}

const FURTHER = ['wifiSsid', 'firmwareVersion', 'hardwareRevision', 'location'] as const;

/** What it is as a board of its batches: the newest that passed first. */
function Units({ units }: Pick<DeviceHistory, 'units'>): JSX.Element | null {
  if (units.length === 0) return null;
  return (
    <>
      {units.map(({ batch, lot, serial, passed, passedAt, claimedAt }) => (
        <Facts
          key={batch}
          rows={[
            [t('batch.serial'), serial && <Copyable value={serial} what={t('batch.serial')} />],
            [t('station.batch'), <a href={link(['batches', batch])}>{batch}</a>],
            [t('batch.lot'), lot && <a href={link(['devices'], { lot })}>{lot}</a>],
            [t(passed ? 'batch.passedAt' : 'batch.unit.inWork'), formatExact(passedAt ?? claimedAt)],
          ]}
        />
      ))}
    </>
  );
}

/** What somebody does about the device as a whole, each recorded with a reason. */
function Governing({ device: { mac, status } }: { device: DeviceHistory }): JSX.Element | null {
  const mayChange = useStore((state) => hasRole(state.session, 'engineer'));
  const hasDatabase = useStore((state) => state.station?.hasDatabase !== false);
  if (!mayChange || !hasDatabase) return null;
  return (
    <>
      <a class="button" href={link(['audit'], { device: mac })}>
        <Icon name="eye" />
        {t('nav.audit')}
      </a>
      <a class="button" href={denyLink(mac)}>
        <Icon name="lock" />
        {t('lists.denyThis')}
      </a>
      {status !== 'removed' && (
        <DialogButton icon="trash" label={t('removal.do')}>
          {(close) => <RemoveDialog mac={mac} onClose={close} />}
        </DialogButton>
      )}
    </>
  );
}

/** The key is shown to those who may see it, with a reason that is written down first. */
function KeyAction({ device }: { device: DeviceHistory }): JSX.Element {
  const mayReveal = useStore((state) => hasRole(state.session, 'engineer'));
  return (
    <section class="stack tight">
      <h3>{t('reveal.title')}</h3>
      <p class="muted small">{t(mayReveal ? 'reveal.hint' : 'reveal.forbidden')}</p>
      {mayReveal && (
        <div>
          <DialogButton icon="key" label={t('reveal.do')}>
            {(close) => <RevealDialog device={device} onClose={close} />}
          </DialogButton>
        </div>
      )}
    </section>
  );
}

/** Takes a device out of use, with a reason for the audit trail. */
function RemoveDialog({ mac, onClose }: { mac: string; onClose: () => void }): JSX.Element {
  return (
    <ReasonDialog
      title={t('removal.title', { mac })}
      submit={t('removal.do')}
      hint={t('removal.reasonHint')}
      done={t('removal.done', { mac })}
      act={(reason) => call('removeDevice', { params: { device: mac }, body: { reason } })}
      onClose={onClose}
    >
      <p>{t('removal.consequence')}</p>
    </ReasonDialog>
  );
}
