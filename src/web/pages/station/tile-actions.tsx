// The buttons of a tile, by its state: the same things that the keyboard does.
import type { JSX } from 'preact';
import type { PortState } from '../../../service/contract/index.js';
import { t, type Key } from '../../i18n/translate.js';
import { hasRole, knowsWhat } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Icon, type IconName } from '../../ui/icon.js';
import { ActButton } from '../../ui/work.js';
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
        <ActButton icon={ICONS[action]} label={`${label}, ${slot}`} act={() => act(port, action)}>
          <span class="button-word">{label}</span>
        </ActButton>
      )}
      <span class="grow" />
      {mayOperate && port.state === 'passed' && port.job?.mac !== undefined && (
        <Opener icon="label" label={`${t('label.do')}, ${slot}`} open={() => onLabel(port.job?.mac ?? '')} />
      )}
      {mayOperate && port.kind === 'virtual' && <PlugButton port={port} />}
      {port.job !== undefined && (
        <Opener icon="info" label={`${t('action.details')}, ${slot}`} open={() => onDetails(port.port)} />
      )}
    </footer>
  );
}

function Opener({ icon, label, open }: { icon: IconName; label: string; open: () => void }): JSX.Element {
  return (
    <button
      type="button"
      class="button quiet icon-only tile-details"
      aria-label={label}
      title={label}
      onClick={(event) => {
        event.stopPropagation();
        open();
      }}
    >
      <Icon name={icon} />
    </button>
  );
}

/** A virtual board is pulled and plugged in by a click, for want of a hand. */
function PlugButton({ port }: { port: PortState }): JSX.Element {
  const label = t(port.present ? 'action.unplug' : 'action.plug');
  return (
    <ActButton
      class="quiet"
      icon={port.present ? 'unplug' : 'plug'}
      label={`${label}, ${t('station.slot', { slot: port.slot })}`}
      act={() => plugVirtual(port)}
    />
  );
}
