// The whole history of one side of a conflict, as far as the registry has one.
import type { JSX } from 'preact';
import type { ConflictInfo } from '../../../service/contract/index.js';
import { call, type ApiFailure } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { useLoad } from '../../ui/load.js';
import { FailureNote, Skeleton } from '../../ui/parts.js';
import { Timeline } from '../devices/timeline.js';

export type Side = ConflictInfo['refused'];

export function SideHistory({ title, side }: { title: string; side: Side }): JSX.Element {
  const { mac, status } = side;
  return (
    <section class="card stack">
      <header>
        <h2>
          {title} <span class="muted">{t('devices.history')}</span>
        </h2>
        {status !== undefined && <a href={link(['devices', mac])}>{t('action.openDevice')}</a>}
      </header>
      {status === undefined ? <p class="muted">{t('conflict.noHistory')}</p> : <Known mac={mac} />}
    </section>
  );
}

function Known({ mac }: { mac: string }): JSX.Element {
  const { value, failure } = useLoad(
    (signal) => call('showDevice', { params: { device: mac }, signal }),
    mac,
  );
  if (value !== undefined) return <Timeline device={value} />;
  if (failure === undefined) return <Skeleton />;
  return isGone(failure) ? <p class="muted">{t('conflict.gone')}</p> : <FailureNote failure={failure} />;
}

/** A board that took its place has other names now. */
const isGone = ({ code }: ApiFailure): boolean => code === 'DEVICE_UNKNOWN';
