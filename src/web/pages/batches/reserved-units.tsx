// Places of a batch that stations hold ahead, and taking them back from a station that does not come back.
import type { JSX } from 'preact';
import type { ReservedUnitsInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatExact } from '../../format/format.js';
import { t, tn } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { DialogButton } from '../../ui/dialog.js';
import { ListCard } from '../../ui/list-card.js';
import { Badge, Note } from '../../ui/parts.js';
import { ReasonDialog } from '../../ui/reason-form.js';
import { say } from '../../ui/toasts.js';

interface StationReserveProps {
  readonly batch: string;
  readonly held: readonly ReservedUnitsInfo[];
  readonly onChanged: () => void;
}

/** Nothing where no station holds any. */
export function StationReserve({ batch, held, onChanged }: StationReserveProps): JSX.Element | null {
  const mayRelease = useStore((state) => hasRole(state.session, 'admin'));
  if (held.length === 0) return null;
  const release = (of: ReservedUnitsInfo) => (
    <DialogButton class="little" label={t('reserved.release')}>
      {(close) => <Release batch={batch} of={of} onChanged={onChanged} onClose={close} />}
    </DialogButton>
  );
  return (
    <ListCard<ReservedUnitsInfo>
      title={t('reserved.title')}
      rows={held}
      none=""
      keyOf={({ station }) => station}
      columns={[
        { name: t('settings.station'), cell: ({ station }) => station },
        { name: t('reserved.units'), number: true, cell: ({ units }) => units },
        { name: t('people.since'), cell: ({ since }) => formatExact(since) },
        {
          name: t('devices.status'),
          cell: ({ inReach }) => (
            <Badge tone={inReach ? 'accent' : 'warn'} icon={inReach ? 'check' : 'warn'}>
              {t(inReach ? 'reserved.inReach' : 'reserved.away')}
            </Badge>
          ),
        },
      ]}
      {...(mayRelease ? { actions: release } : {})}
    />
  );
}

interface ReleaseProps {
  readonly batch: string;
  readonly of: ReservedUnitsInfo;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

function Release({ batch, of, onChanged, onClose }: ReleaseProps): JSX.Element {
  const { station, units, inReach } = of;
  const release = async (reason: string): Promise<void> => {
    const { count } = await call('releaseUnits', { params: { name: batch }, body: { station, reason } });
    say(tn('reserved.released', count));
    onChanged();
  };
  return (
    <ReasonDialog
      title={`${t('reserved.release')}: ${station}`}
      submit={t('reserved.release')}
      hint={t('reserved.reasonHint')}
      act={release}
      onClose={onClose}
    >
      <p>{t('reserved.consequence', { n: units, station })}</p>
      {inReach && (
        <Note tone="warn">
          <p>{t('reserved.stillThere')}</p>
        </Note>
      )}
    </ReasonDialog>
  );
}
