// One device beside the list: identity, history as a timeline, actions with their consequences.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { DeviceHistory } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatExact } from '../../format/format.js';
import { currentLocale, t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Icon } from '../../ui/icon.js';
import { useLoad } from '../../ui/load.js';
import { Copyable, Note, Skeleton } from '../../ui/parts.js';
import { failureText } from '../../ui/toasts.js';
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
  const { value, failure, reload } = useLoad(
    (signal) => call('showDevice', { params: { device }, signal }),
    device,
  );
  const revision = useStore((state) => state.devicesRevision);
  useEffect(reload, [revision]);
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
      {failure !== undefined && (
        <Note tone="fail">
          <p>{failureText(failure)}</p>
        </Note>
      )}
      {value === undefined && failure === undefined && <Skeleton lines={6} />}
      {value !== undefined && (
        <div class="stack loose">
          <Identity device={value} />
          <LabelAction device={value} />
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
  const { provisionedAt } = device;
  return (
    <dl class="facts">
      <Fact name={t('devices.status')}>
        <StatusBadge status={device.status} />
      </Fact>
      <Fact name="MAC">
        <Copyable value={device.mac} what="MAC" />
      </Fact>
      <Fact name="UUID">
        <Copyable value={device.uuid} what="UUID" />
      </Fact>
      {provisionedAt !== undefined && (
        <Fact name={t('devices.provisioned')}>{formatExact(provisionedAt, currentLocale())}</Fact>
      )}
      {device.caUrl !== undefined && (
        <Fact name={t('column.caUrl')}>
          <Copyable value={device.caUrl} what={t('column.caUrl')} />
        </Fact>
      )}
      {device.wifiSsid !== undefined && <Fact name={t('column.wifiSsid')}>{device.wifiSsid}</Fact>}
      {device.firmwareVersion !== undefined && (
        <Fact name={t('column.firmwareVersion')}>{device.firmwareVersion}</Fact>
      )}
      {device.hardwareRevision !== undefined && (
        <Fact name={t('column.hardwareRevision')}>{device.hardwareRevision}</Fact>
      )}
      {device.location !== undefined && <Fact name={t('column.location')}>{device.location}</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function LabelAction({ device }: { device: DeviceHistory }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <div>
      <button
        type="button"
        class="button"
        onClick={() => {
          setOpen(true);
        }}
      >
        <Icon name="label" />
        {t('label.do')}
      </button>
      {open && (
        <LabelDialog
          device={device}
          onClose={() => {
            setOpen(false);
          }}
        />
      )}
    </div>
  );
}

/** The key is shown to those who may see it, with a reason that is written down first. */
function KeyAction({ device }: { device: DeviceHistory }): JSX.Element {
  const [open, setOpen] = useState(false);
  const mayReveal = useStore((state) => hasRole(state.session, 'engineer'));
  return (
    <section class="stack tight">
      <h3>{t('reveal.title')}</h3>
      <p class="muted small">{t(mayReveal ? 'reveal.hint' : 'reveal.forbidden')}</p>
      {mayReveal && (
        <div>
          <button
            type="button"
            class="button"
            onClick={() => {
              setOpen(true);
            }}
          >
            <Icon name="key" />
            {t('reveal.do')}
          </button>
        </div>
      )}
      {open && (
        <RevealDialog
          device={device}
          onClose={() => {
            setOpen(false);
          }}
        />
      )}
    </section>
  );
}
