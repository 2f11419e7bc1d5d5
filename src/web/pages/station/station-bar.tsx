// The one thin bar of the station page: product, batch, counts, and whether everything can be reached.
import type { JSX } from 'preact';
import type { ProfileName, Settings, Today } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatCount, formatShare } from '../../format/format.js';
import { t } from '../../i18n/translate.js';
import { setPrefs, usePrefs } from '../../prefs.js';
import { link } from '../../router.js';
import { hasRole, knowsWhat } from '../../store/session.js';
import { getState, useStore } from '../../store/store.js';
import { Icon } from '../../ui/icon.js';
import { attempt } from '../../ui/toasts.js';
import { ActButton } from '../../ui/work.js';
import { start } from './actions.js';
import { BatchChoice } from './batch-choice.js';

export function StationBar(): JSX.Element {
  const name = useStore((state) => state.settings?.stationName);
  const today = useStore((state) => state.today);
  return (
    <header class="station-bar">
      <h1 class="station-name" title={name}>
        {name ?? 'espmint'}
      </h1>
      <ProductChoice />
      <BatchChoice />
      <Counts today={today} />
      <span class="bar-end">
        <Lights />
        <SoundButton />
        <PauseButton />
        <StartAll />
      </span>
    </header>
  );
}

/** Which product the next boards become. */
function ProductChoice(): JSX.Element | null {
  const profiles = useStore((state) => state.profiles);
  const damaged = useStore((state) => state.damagedProfiles);
  const settings = useStore((state) => state.settings);
  const mayChange = useStore((state) => hasRole(state.session, 'engineer'));
  const batchProfile = useStore((state) => state.station?.batch?.profile);
  if (profiles === undefined || settings === undefined) return null;
  // The boards of a batch are all of its product and version, also while the batch itself is not known yet.
  if (settings.batch !== undefined) {
    const profile = batchProfile ?? settings.profile;
    return profile === undefined ? null : <Fixed profile={profile} />;
  }
  if (profiles.length === 0) {
    return (
      <a class="button primary" href={link(['setup'])}>
        <Icon name="plus" />
        {t('station.noProduct')}
      </a>
    );
  }
  const current = settings.profile?.name ?? '';
  return (
    <label class="product">
      <span class="bar-label">{t('station.product')}</span>
      <select
        class="select"
        value={current}
        disabled={!mayChange}
        onChange={(event) => {
          // Back to the tiles: the next Enter is for them.
          event.currentTarget.blur();
          void choose(settings, event.currentTarget.value);
        }}
      >
        {current === '' && <option value="">{t('station.choose')}</option>}
        {damaged?.map(({ name }) => (
          <option key={name} value={name} disabled>
            ⚠ {name}
          </option>
        ))}
        {profiles.map(({ name, version }) => (
          <option key={name} value={name}>
            {name} · r
            {settings.profile?.name === name && settings.profile.version > 0
              ? settings.profile.version
              : version}
          </option>
        ))}
      </select>
    </label>
  );
}

function Fixed({ profile: { name, version } }: { profile: ProfileName }): JSX.Element {
  return (
    <span class="product">
      <span class="bar-label">{t('station.product')}</span>
      <span class="strong" title={name}>
        {version > 0 ? `${name} · r${version}` : name}
      </span>
    </span>
  );
}

async function choose(settings: Settings, name: string): Promise<void> {
  await attempt(() => call('putSettings', { body: { ...settings, profile: { name, version: 0 } } }));
}

/** Their place is there before they come: nothing jumps. */
function Counts({ today }: { today: Today | undefined }): JSX.Element {
  const count = (number: number | undefined): string => (number === undefined ? '–' : formatCount(number));
  return (
    <ul class="counts">
      <Count to={link(['today'])} name={t('count.pass')} tone="pass" value={count(today?.passed)} />
      <Count
        to={link(['today'], { show: 'failed' })}
        name={t('count.fail')}
        tone={(today?.failed ?? 0) > 0 ? 'fail' : ''}
        value={count(today?.failed)}
      />
      {today?.firstPassYield !== undefined && (
        <Count
          to={link(['today'])}
          name={t('count.yield')}
          tone=""
          value={formatShare(today.firstPassYield)}
        />
      )}
      <Count to={link(['today'])} name={t('count.hour')} tone="" value={count(today?.lastHour)} />
    </ul>
  );
}

function Count({
  to,
  name,
  tone,
  value,
}: {
  to: string;
  name: string;
  tone: string;
  value: string;
}): JSX.Element {
  return (
    <li>
      <a href={to} class={`count-link ${tone}`}>
        <span class="bar-label">{name}</span>
        <span class="count-value">{value}</span>
      </a>
    </li>
  );
}

/** Whether the registry and the service can be reached: a mark and a word each. */
function Lights(): JSX.Element {
  const registryOk = useStore((state) => state.registry?.ok);
  const online = useStore((state) => state.connection === 'online');
  return (
    <span class="lights">
      {registryOk !== undefined && (
        <span class={`light ${registryOk ? 'pass' : 'fail'}`}>
          <Icon name={registryOk ? 'check' : 'cross'} />
          {t(registryOk ? 'light.registry' : 'light.noRegistry')}
        </span>
      )}
      <span class={`light ${online ? 'pass' : 'fail'}`}>
        <Icon name={online ? 'check' : 'cross'} />
        {t(online ? 'light.online' : 'light.offline')}
      </span>
    </span>
  );
}

function SoundButton(): JSX.Element {
  const { sound } = usePrefs();
  const label = t(sound ? 'station.soundOff' : 'station.soundOn');
  return (
    <button
      type="button"
      class="button quiet icon-only"
      aria-label={label}
      title={label}
      onClick={() => setPrefs({ sound: !sound })}
    >
      <Icon name={sound ? 'soundOn' : 'soundOff'} />
    </button>
  );
}

/** Begins no more boards; what it waits for, and the way on, stands below the bar. */
function PauseButton(): JSX.Element | null {
  const running = useStore((state) => state.station?.mode === 'running');
  const mayOperate = useStore((state) => hasRole(state.session, 'operator'));
  if (!running || !mayOperate) return null;
  return (
    <ActButton
      class="quiet"
      icon="pause"
      label={t('pause.pause')}
      act={() => call('pauseStation', { body: {} })}
    />
  );
}

/** For a manual bench: one button for all boards that wait. A station that starts by itself says so instead. */
function StartAll(): JSX.Element | null {
  const waiting = useStore((state) => state.ports?.filter((port) => port.state === 'ready').length ?? 0);
  const automatic = useStore((state) => state.settings?.autoStart === true);
  const mayOperate = useStore((state) => hasRole(state.session, 'operator'));
  const hasPorts = useStore((state) => (state.ports?.length ?? 0) > 0);
  const noProduct = useStore((state) => !knowsWhat(state));
  if (!hasPorts || !mayOperate || noProduct) return null;
  if (automatic) return <span class="badge accent automatic">{t('station.automatic')}</span>;
  return (
    <ActButton
      class="primary start-all"
      icon="play"
      disabled={waiting === 0}
      act={() => start(getState().ports ?? [])}
    >
      {waiting === 0 ? t('action.start') : t('station.start', { n: waiting })}
    </ActButton>
  );
}
