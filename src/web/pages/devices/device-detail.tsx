// One device beside the list: identity, history as a timeline, actions with their consequences.
import type { JSX } from 'preact';
import type { DeviceHistory } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatExact } from '../../format/format.js';
import { currentLocale, t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { DialogButton } from '../../ui/dialog.js';
import { Facts } from '../../ui/facts.js';
import { Icon, type IconName } from '../../ui/icon.js';
import { useLive } from '../../ui/live.js';
import { Copyable, FailureNote, Skeleton } from '../../ui/parts.js';
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
    <aside class="card detail" aria-label={t('devices.detail')}>
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
          <Opener icon="label" label={t('label.do')}>
            {(close) => <LabelDialog device={value} onClose={close} />}
          </Opener>
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
        [t('devices.provisioned'), provisionedAt && formatExact(provisionedAt, currentLocale())],
        [t('column.caUrl'), caUrl && <Copyable value={caUrl} what={t('column.caUrl')} />],
        ...FURTHER.map((name) => [t(`column.${name}`), device[name]] as const),
      ]}
    />
  );
}

const FURTHER = ['wifiSsid', 'firmwareVersion', 'hardwareRevision', 'location'] as const;

/** The key is shown to those who may see it, with a reason that is written down first. */
function KeyAction({ device }: { device: DeviceHistory }): JSX.Element {
  const mayReveal = useStore((state) => hasRole(state.session, 'engineer'));
  return (
    <section class="stack tight">
      <h3>{t('reveal.title')}</h3>
      <p class="muted small">{t(mayReveal ? 'reveal.hint' : 'reveal.forbidden')}</p>
      {mayReveal && (
        <Opener icon="key" label={t('reveal.do')}>
          {(close) => <RevealDialog device={device} onClose={close} />}
        </Opener>
      )}
    </section>
  );
}

interface OpenerProps {
  readonly icon: IconName;
  readonly label: string;
  readonly children: (close: () => void) => JSX.Element;
}

function Opener({ icon, label, children }: OpenerProps): JSX.Element {
  const shown = (
    <>
      <Icon name={icon} />
      {label}
    </>
  );
  return (
    <div>
      <DialogButton label={shown}>{children}</DialogButton>
    </div>
  );
}
