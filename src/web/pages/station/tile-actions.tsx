// The buttons of a tile, by its state: the same things that the keyboard does.
import type { JSX } from 'preact';
import type { PortState } from '../../../service/contract/index.js';
import { t, type Key } from '../../i18n/translate.js';
import { hasRole, knowsWhat } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Icon, type IconName } from '../../ui/icon.js';
import { act, plugVirtual } from './actions.js';
import { tileAction, type TileAction } from './tile-model.js';

const ICONS: Record<Exclude<TileAction, 'none'>, IconName> = {
  start: 'play',
  retry: 'retry',
  stop: 'stop',
  seen: 'eye',
};

interface TileActionsProps {
  readonly port: PortState;
  readonly onDetails: (port: string) => void;
  readonly onLabel: (mac: string) => void;
}

export function TileActions({ port, onDetails, onLabel }: TileActionsProps): JSX.Element {
  const mayOperate = useStore((state) => hasRole(state.session, 'operator'));
  const hasProduct = useStore(knowsWhat);
  const wanted = tileAction(port);
  const action = wanted === 'start' && !hasProduct ? 'none' : wanted;
  const label = action === 'none' ? '' : t(`action.${action}` as Key);
  const slot = t('station.slot', { slot: port.slot });
  return (
    <footer class="tile-actions">
      {mayOperate && action !== 'none' && (
        <button
          type="button"
          class="button"
          aria-label={`${label}, ${slot}`}
          onClick={(event) => {
            event.stopPropagation();
            void act(port, action);
          }}
        >
          <Icon name={ICONS[action]} />
          <span class="button-word">{label}</span>
        </button>
      )}
      <span class="grow" />
      {mayOperate && port.state === 'passed' && port.job?.mac !== undefined && (
        <LabelButton slot={slot} mac={port.job.mac} onLabel={onLabel} />
      )}
      {mayOperate && port.kind === 'virtual' && <PlugButton port={port} />}
      {port.job !== undefined && (
        <button
          type="button"
          class="button quiet icon-only tile-details"
          aria-label={`${t('action.details')}, ${slot}`}
          title={t('action.details')}
          onClick={(event) => {
            event.stopPropagation();
            onDetails(port.port);
          }}
        >
          <Icon name="info" />
        </button>
      )}
    </footer>
  );
}

function LabelButton(props: { slot: string; mac: string; onLabel: (mac: string) => void }): JSX.Element {
  const { slot, mac, onLabel } = props;
  return (
    <button
      type="button"
      class="button quiet icon-only tile-details"
      aria-label={`${t('label.do')}, ${slot}`}
      title={t('label.do')}
      onClick={(event) => {
        event.stopPropagation();
        onLabel(mac);
      }}
    >
      <Icon name="label" />
    </button>
  );
}

/** A virtual board is pulled and plugged in by a click, for want of a hand. */
function PlugButton({ port }: { port: PortState }): JSX.Element {
  const label = t(port.present ? 'action.unplug' : 'action.plug');
  return (
    <button
      type="button"
      class="button quiet icon-only"
      aria-label={`${label}, ${t('station.slot', { slot: port.slot })}`}
      title={label}
      onClick={(event) => {
        event.stopPropagation();
        void plugVirtual(port);
      }}
    >
      <Icon name={port.present ? 'unplug' : 'plug'} />
    </button>
  );
}
