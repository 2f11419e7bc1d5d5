// The form of a profile: each field is bound to a path of the settings, and shows the finding of that path.
import type { ComponentChildren, JSX } from 'preact';
import { CHIP_NAMES } from '../../../core/chips/types.js';
import type { Preview } from '../../../service/contract/index.js';
import { t, type Key } from '../../i18n/translate.js';
import { SelectField, TextField } from '../../ui/field.js';
import { Note } from '../../ui/parts.js';
import { numberOrText, setAt, textAt, utf8Length, type Path, type Settings } from './draft.js';
import { RowsEditor } from './rows-editor.js';

interface ProfileFormProps {
  readonly settings: Settings;
  readonly isNew: boolean;
  readonly preview: Preview | undefined;
  readonly onSettings: (settings: Settings) => void;
}

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
        <Text {...props} path={['wifi', 'ssid']} label="column.wifiSsid" />
        <Text
          {...props}
          path={['wifi', 'password']}
          label="setup.password"
          hint="setup.passwordHint"
          placeholder="env:WIFI_PASSWORD"
          mono
        />
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

interface BoundProps extends ProfileFormProps {
  readonly path: Path;
  readonly label: Key;
}

interface TextProps extends BoundProps {
  readonly hint?: Key;
  readonly placeholder?: string;
  readonly mono?: boolean;
  readonly number?: boolean;
  readonly wide?: boolean;
  readonly disabled?: boolean;
}

function Text(props: TextProps): JSX.Element {
  const { settings, path, preview, onSettings, number = false } = props;
  const value = textAt(settings, path);
  const limit = preview?.limits.find((entry) => entry.path === path.join('.'));
  return (
    <div class={props.wide === true ? 'wide' : ''}>
      <TextField
        label={t(props.label)}
        value={value}
        hint={props.hint === undefined ? undefined : t(props.hint)}
        finding={findingAt(preview, path)}
        count={
          limit === undefined || value === ''
            ? undefined
            : { bytes: utf8Length(value), maxBytes: limit.maxBytes }
        }
        mono={props.mono ?? false}
        disabled={props.disabled ?? false}
        {...(props.placeholder === undefined ? {} : { placeholder: props.placeholder })}
        onInput={(text) => {
          onSettings(setAt(settings, path, number ? numberOrText(text) : text));
        }}
      />
    </div>
  );
}

function Choice(props: BoundProps & { readonly options: readonly string[] }): JSX.Element {
  const { settings, path, preview, onSettings, options } = props;
  const name = path.join('.');
  return (
    <SelectField
      label={t(props.label)}
      value={textAt(settings, path) || (options[0] ?? '')}
      options={options.map((value) => ({ value, label: t(`option.${name}.${value}` as Key) }))}
      finding={findingAt(preview, path)}
      onChange={(value) => {
        onSettings(setAt(settings, path, value));
      }}
    />
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

/** The finding at this path, as a sentence that begins with the reason. */
export function findingAt(preview: Preview | undefined, path: Path): string | undefined {
  const name = path.join('.');
  return preview?.findings.find((finding) => finding.path === name)?.reason;
}
