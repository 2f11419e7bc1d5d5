// The form of a profile: each field is bound to a path of the settings, and shows the finding of that path.
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { CHIP_NAMES } from '../../../core/chips/types.js';
import { t, type Key } from '../../i18n/translate.js';
import { SelectField } from '../../ui/field.js';
import { Icon } from '../../ui/icon.js';
import { Note } from '../../ui/parts.js';
import { Choice, findingAt, Text, type ProfileFormProps } from './bound.js';
import { CaUrlTest } from './ca-test.js';
import { getAt, setAt, textAt, type Path } from './draft.js';
import { RowsEditor } from './rows-editor.js';
import { SecretDialog } from './secret-dialog.js';

export function ProfileForm(props: ProfileFormProps): JSX.Element {
  const whole = props.preview?.findings.filter(({ path }) => path === '') ?? [];
  return (
    <>
      {whole.map(({ reason }) => (
        <Note key={reason} tone="fail">
          <p>{reason}</p>
        </Note>
      ))}
      <Section title={t('setup.product')}>
        <Text {...props} path={['name']} label="setup.name" disabled={!props.isNew} />
        <Chip {...props} />
        <Text {...props} path={['firmwareVersion']} label="column.firmwareVersion" />
        <Text {...props} path={['hardwareRevision']} label="column.hardwareRevision" />
        <Text {...props} path={['location']} label="column.location" />
      </Section>
      <Section title={t('setup.network')}>
        <Text
          {...props}
          path={['caUrl']}
          label="column.caUrl"
          placeholder="https://ca.example.com:8443"
          wide
        />
        <CaUrlTest url={textAt(props.settings, ['caUrl'])} />
        <Text {...props} path={['wifi', 'ssid']} label="column.wifiSsid" />
        <Password {...props} />
        <Choice
          {...props}
          path={['wifi', 'limits']}
          label="setup.limits"
          options={['char-array', 'standard']}
        />
      </Section>
      <Section title={t('setup.place')} hint={t('setup.placeHint')}>
        <Text {...props} path={['target', 'partition']} label="setup.partition" placeholder="nvs" mono />
        <Text {...props} path={['target', 'offset']} label="flash.offset" placeholder="0x9000" mono number />
        <Text {...props} path={['target', 'size']} label="flash.size" placeholder="0x6000" mono number />
      </Section>
      <Section title={t('setup.proof')}>
        <Boot {...props} />
      </Section>
      <RowsEditor settings={props.settings} preview={props.preview} onSettings={props.onSettings} />
      <Advanced {...props} />
    </>
  );
}

function Advanced(props: ProfileFormProps): JSX.Element {
  return (
    <details class="card more">
      <summary>{t('setup.advanced')}</summary>
      <div class="form-grid">
        <Choice
          {...props}
          path={['identity', 'recipe']}
          label="setup.recipe"
          options={['rfc9562', 'hex-text', 'dashed-text', 'mac-bytes']}
        />
        <Text {...props} path={['nvs', 'namespace']} label="setup.namespace" placeholder="zc" mono />
        {(['uuid', 'psk', 'caUrl', 'ssid', 'password'] as const).map((name) => (
          <Text key={name} {...props} path={['nvs', 'keys', name]} label={`setup.keys.${name}`} mono />
        ))}
        <Choice
          {...props}
          path={['policy', 'known']}
          label="setup.known"
          options={['keep', 'rotate', 'refuse']}
        />
        <Text {...props} path={['policy', 'attempts']} label="setup.attempts" number placeholder="3" />
        <Text {...props} path={['policy', 'baud']} label="setup.baud" number placeholder="921600" />
      </div>
    </details>
  );
}

function Section(props: { title: string; hint?: string; children: ComponentChildren }): JSX.Element {
  return (
    <section class="card">
      <header>
        <h2>{props.title}</h2>
        {props.hint !== undefined && <span class="muted small">{props.hint}</span>}
      </header>
      <div class="form-grid">{props.children}</div>
    </section>
  );
}

function Chip({ settings, preview, onSettings }: ProfileFormProps): JSX.Element {
  return (
    <SelectField
      label={t('fact.chip')}
      value={textAt(settings, ['chip'])}
      options={[
        { value: '', label: t('setup.anyChip') },
        ...CHIP_NAMES.map((value) => ({ value: value, label: value })),
      ]}
      finding={findingAt(preview, ['chip'])}
      onChange={(value) => {
        onSettings(setAt(settings, ['chip'], value));
      }}
    />
  );
}

/** The password is a reference; the secret itself goes to the station, if somebody wants to give it here. */
function Password(props: ProfileFormProps): JSX.Element {
  const { settings, onSettings } = props;
  const [storing, setStoring] = useState(false);
  const path: Path = ['wifi', 'password'];
  return (
    <div class="stack tight">
      <Text
        {...props}
        path={path}
        label="setup.password"
        hint="setup.passwordHint"
        placeholder="env:ESPMINT_WIFI_PASSWORD"
        mono
      />
      <div>
        <button
          type="button"
          class="button little"
          onClick={() => {
            setStoring(true);
          }}
        >
          <Icon name="key" />
          {t('secret.store')}
        </button>
      </div>
      {storing && (
        <SecretDialog
          name={`${textAt(settings, ['name'])}-wifi`}
          onStored={(reference) => {
            onSettings(setAt(settings, path, reference));
          }}
          onClose={() => {
            setStoring(false);
          }}
        />
      )}
    </div>
  );
}

const BOOT_SIGNS = ['none', 'banner', 'application', 'got-ip'] as const;

/** Whether a board must have started to pass. A pattern of one's own is written in YAML, and shown here. */
function Boot(props: ProfileFormProps): JSX.Element {
  const { settings, preview, onSettings } = props;
  const boot = getAt(settings, ['boot']);
  const sign = textAt(settings, ['boot', 'success']) || 'pattern';
  const value = boot === undefined ? 'none' : sign;
  const options = value === 'pattern' ? [...BOOT_SIGNS, 'pattern'] : [...BOOT_SIGNS];
  return (
    <>
      <SelectField
        label={t('setup.boot')}
        hint={t('setup.bootHint')}
        value={value}
        options={options.map((each) => ({ value: each, label: t(`option.boot.success.${each}` as Key) }))}
        finding={findingAt(preview, ['boot', 'success'])}
        onChange={(next) => {
          onSettings(
            next === 'none'
              ? setAt(settings, ['boot'], undefined)
              : setAt(settings, ['boot', 'success'], next),
          );
        }}
      />
      {boot !== undefined && (
        <Text {...props} path={['boot', 'timeoutMs']} label="setup.bootTimeout" placeholder="10000" number />
      )}
    </>
  );
}
