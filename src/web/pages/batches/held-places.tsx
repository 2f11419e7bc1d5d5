// Places of a batch that stations hold ahead, and taking them back from a station that does not come back.
import type { JSX } from 'preact';
import type { HeldPlacesInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatExact } from '../../format/format.js';
import { currentLocale, t, tn } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Dialog, DialogButton } from '../../ui/dialog.js';
import { ListCard } from '../../ui/list-card.js';
import { Badge, Note } from '../../ui/parts.js';
import { ReasonForm } from '../../ui/reason-form.js';
import { say } from '../../ui/toasts.js';

interface HeldPlacesProps {
  readonly batch: string;
  readonly held: readonly HeldPlacesInfo[];
  readonly onChanged: () => void;
}

/** Nothing where no station holds any. */
export function HeldPlaces({ batch, held, onChanged }: HeldPlacesProps): JSX.Element | null {
  const mayRelease = useStore((state) => hasRole(state.session, 'admin'));
  if (held.length === 0) return null;
  const release = (of: HeldPlacesInfo) => (
    <DialogButton class="little" label={t('held.release')}>
      {(close) => <Release batch={batch} of={of} onChanged={onChanged} onClose={close} />}
    </DialogButton>
  );
  return (
    <ListCard<HeldPlacesInfo>
      title={t('held.title')}
      rows={held}
      none=""
      keyOf={({ station }) => station}
      columns={[
        { name: t('settings.station'), cell: ({ station }) => station },
        { name: t('held.places'), number: true, cell: ({ places }) => places },
        { name: t('people.since'), cell: ({ since }) => formatExact(since, currentLocale()) },
        {
          name: t('devices.status'),
          cell: ({ inReach }) => (
            <Badge tone={inReach ? 'accent' : 'warn'} icon={inReach ? 'check' : 'warn'}>
              {t(inReach ? 'held.inReach' : 'held.away')}
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
  readonly of: HeldPlacesInfo;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

function Release({ batch, of, onChanged, onClose }: ReleaseProps): JSX.Element {
  const { station, places, inReach } = of;
  const release = async (reason: string): Promise<void> => {
    const { count } = await call('releasePlaces', { params: { name: batch }, body: { station, reason } });
    say(tn('held.released', count));
    onClose();
    onChanged();
  };
  return (
    <Dialog title={`${t('held.release')}: ${station}`} onClose={onClose}>
      <ReasonForm danger submit={t('held.release')} hint={t('held.reasonHint')} act={release}>
        <p>{t('held.consequence', { n: places, station })}</p>
        {inReach && (
          <Note tone="warn">
            <p>{t('held.stillThere')}</p>
          </Note>
        )}
      </ReasonForm>
    </Dialog>
  );
}
