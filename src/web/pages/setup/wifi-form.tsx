// Wi-Fi of a product: the fields change with the way in which its boards get their network.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t, type Key } from '../../i18n/translate.js';
import { SelectField } from '../../ui/field.js';
import { Icon } from '../../ui/icon.js';
import { Note } from '../../ui/parts.js';
import { Choice, findingAt, Text, type ProfileFormProps } from './bound.js';
import { getAt, setAt, textAt, type Path, type Settings } from './draft.js';
import { SecretDialog } from './secret-dialog.js';

const MODES = ['static', 'portal', 'wps', 'smartconfig', 'improv', 'console'] as const;
type Mode = (typeof MODES)[number];

/** Parts that belong to one mode each. */
const GROUPS = ['portal', 'wps', 'smartconfig', 'console'] as const;
/** Modes whose boards are handed a network in the run, or have it in flash. */
const WITH_NETWORK: readonly Mode[] = ['static', 'improv', 'console', 'portal', 'smartconfig'];

export function WifiForm(props: ProfileFormProps): JSX.Element {
  const { settings, preview, onSettings } = props;
  const mode = (textAt(settings, ['wifi', 'mode']) || 'static') as Mode;
  const hasNetwork = textAt(settings, ['wifi', 'ssid']) !== '';
  return (
    <>
      <SelectField
        label={t('setup.wifi.mode')}
        hint={t(`setup.wifi.does.${mode}`)}
        value={mode}
        options={MODES.map((value) => ({ value, label: t(`option.wifi.mode.${value}`) }))}
        finding={findingAt(preview, ['wifi', 'mode'])}
        onChange={(next) => onSettings(inMode(settings, next))}
      />
      {WITH_NETWORK.includes(mode) && (
        <>
          <Text {...props} path={['wifi', 'ssid']} label="column.wifiSsid" />
          <Secret {...props} path={['wifi', 'password']} label="setup.password" suffix="wifi" />
          <Choice
            {...props}
            path={['wifi', 'limits']}
            label="setup.limits"
            options={['char-array', 'standard']}
          />
        </>
      )}
      <ModeFields {...props} mode={mode} />
      {(mode === 'wps' || (WITH_NETWORK.includes(mode) && hasNetwork)) && (
        <Text
          {...props}
          path={['wifi', 'join', 'timeoutMs']}
          label="setup.wifi.join"
          hint={mode === 'wps' ? 'setup.wifi.windowHint' : 'setup.wifi.joinHint'}
          number
        />
      )}
    </>
  );
}

function ModeFields(props: ProfileFormProps & { readonly mode: Mode }): JSX.Element | null {
  const { mode, settings } = props;
  switch (mode) {
    case 'static':
      return (
        <Choice
          {...props}
          path={['wifi', 'target']}
          label="setup.wifi.target"
          options={['zc', 'net80211', 'both']}
        />
      );
    case 'portal':
      return (
        <>
          <Choice
            {...props}
            path={['wifi', 'portal', 'security']}
            label="setup.wifi.security"
            options={['1', '2', '0']}
            number
          />
          {textAt(settings, ['wifi', 'portal', 'security']) === '2' && (
            <Text
              {...props}
              path={['wifi', 'portal', 'username']}
              label="setup.wifi.username"
              placeholder="wifiprov"
            />
          )}
        </>
      );
    case 'wps':
      return (
        <Choice
          {...props}
          path={['wifi', 'wps', 'method']}
          label="setup.wifi.wps"
          options={['pin', 'button']}
        />
      );
    case 'smartconfig':
      return (
        <>
          <Choice
            {...props}
            path={['wifi', 'smartconfig', 'protocol']}
            label="setup.wifi.protocol"
            options={['v2', 'v1', 'airkiss', 'both']}
          />
          <Secret
            {...props}
            path={['wifi', 'smartconfig', 'key']}
            label="setup.wifi.key"
            suffix="smartconfig"
          />
          {textAt(settings, ['wifi', 'ssid']) !== '' && (
            <Text
              {...props}
              path={['wifi', 'smartconfig', 'bssid']}
              label="setup.wifi.bssid"
              hint="setup.wifi.bssidHint"
              placeholder="34:29:12:43:c5:40"
              mono
            />
          )}
        </>
      );
    case 'console':
      return getAt(settings, ['wifi', 'console', 'script']) === undefined ? (
        <Choice
          {...props}
          path={['wifi', 'console', 'preset']}
          label="setup.wifi.preset"
          options={['zc', 'join', 'sta_connect']}
        />
      ) : (
        <div class="wide">
          <Note tone="plain">
            <p>{t('setup.wifi.script')}</p>
          </Note>
        </div>
      );
    case 'improv':
      return null;
  }
}

/** The settings in that mode: what belongs to another one goes, what both have stays. */
export function inMode(settings: Settings, mode: Mode): Settings {
  const gone: readonly Path[] = [
    ...GROUPS.filter((group) => group !== mode).map((group) => ['wifi', group]),
    ...(mode === 'static' ? [] : [['wifi', 'target']]),
    ...(WITH_NETWORK.includes(mode)
      ? []
      : [
          ['wifi', 'ssid'],
          ['wifi', 'password'],
          ['wifi', 'limits'],
          ['wifi', 'join'],
        ]),
  ];
  const cleared = gone.reduce((before, path) => setAt(before, path, undefined), settings);
  // Static without a network is a product without Wi-Fi.
  return setAt(cleared, ['wifi', 'mode'], mode === 'static' ? undefined : mode);
}

interface SecretProps extends ProfileFormProps {
  readonly path: Path;
  readonly label: Key;
  /** Of the name under which it is stored here. */
  readonly suffix: string;
}

/** The password is a reference; the secret itself goes to the station, if somebody wants to give it here. */
function Secret(props: SecretProps): JSX.Element {
  const { settings, onSettings, path, label, suffix } = props;
  const [storing, setStoring] = useState(false);
  return (
    <div class="stack tight">
      <Text
        {...props}
        path={path}
        label={label}
        hint="setup.passwordHint"
        placeholder="env:ESPMINT_WIFI_PASSWORD"
        mono
      />
      <div>
        <button type="button" class="button little" onClick={() => setStoring(true)}>
          <Icon name="key" />
          {t('secret.store')}
        </button>
      </div>
      {storing && (
        <SecretDialog
          name={`${textAt(settings, ['name'])}-${suffix}`}
          onStored={(reference) => onSettings(setAt(settings, path, reference))}
          onClose={() => setStoring(false)}
        />
      )}
    </div>
  );
}
