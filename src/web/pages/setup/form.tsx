// The form of a profile: each field is bound to a path of the settings, and shows the finding of that path.
import type { ComponentChildren, JSX } from 'preact';
import { CHIP_NAMES } from '../../../core/chips/types.js';
import { call } from '../../api/client.js';
import { t, type Key } from '../../i18n/translate.js';
import { useStore } from '../../store/store.js';
import { SelectField } from '../../ui/field.js';
import { useLive } from '../../ui/live.js';
import { Note } from '../../ui/parts.js';
import { Check, Choice, findingAt, FindingWords, Lines, Text, type ProfileFormProps } from './bound.js';
import { CaUrlTest } from './ca-test.js';
import { getAt, setAt, textAt } from './draft.js';
import { RowsEditor } from './rows-editor.js';
import { ValuesForm } from './values-form.js';
import { WifiForm } from './wifi-form.js';

export function ProfileForm(props: ProfileFormProps): JSX.Element {
  const whole = props.preview?.findings.filter(({ path }) => path === '') ?? [];
  return (
    <>
      {whole.map((finding) => (
        <Note key={finding.reason} tone="fail">
          <FindingWords finding={finding} />
        </Note>
      ))}
      <Section title={t('station.product')}>
        <Text {...props} path={['name']} label="people.name" disabled={!props.isNew} />
        <Chip {...props} />
        <Text {...props} path={['firmwareVersion']} label="column.firmwareVersion" />
        <Text {...props} path={['hardwareRevision']} label="column.hardwareRevision" />
        <Text {...props} path={['location']} label="batch.location" />
        <Firmware {...props} />
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
      </Section>
      <Section title={t('wifi.title')}>
        <WifiForm {...props} />
      </Section>
      <Section title={t('setup.place')} hint={t('setup.placeHint')}>
        <Text {...props} path={['target', 'partition']} label="setup.partition" placeholder="nvs" mono />
        <Text {...props} path={['target', 'offset']} label="flash.offset" placeholder="0x9000" mono number />
        <Text {...props} path={['target', 'size']} label="flash.size" placeholder="0x6000" mono number />
        <Text
          {...props}
          path={['target', 'partitionTableOffset']}
          label="setup.tableOffset"
          hint="setup.tableOffsetHint"
          placeholder="0x8000"
          mono
          number
        />
        <Choice {...props} path={['nvs', 'mode']} label="setup.nvsMode" options={['replace', 'merge']} />
        <Check {...props} path={['nvs', 'replaceEncrypted']} label="setup.replaceEncrypted" />
      </Section>
      <Section title={t('setup.proof')}>
        <Boot {...props} />
      </Section>
      <ValuesForm {...props} />
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
        <Text {...props} path={['identity', 'namespaceUuid']} label="setup.namespaceUuid" mono />
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
        <Choice {...props} path={['policy', 'verify']} label="setup.verify" options={['md5', 'readback']} />
        <Check {...props} path={['policy', 'secretsOnLabels']} label="setup.secretsOnLabels" />
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

/** Bundles of the registry are offered. */
function Firmware(props: ProfileFormProps): JSX.Element {
  const hasDatabase = useStore((state) => state.station?.hasDatabase !== false);
  const { value } = useLive('firmware', async (signal) =>
    hasDatabase ? (await call('listFirmware', { signal })).bundles : [],
  );
  return (
    <Text
      {...props}
      path={['firmware']}
      label="setup.firmware"
      hint="setup.firmwareHint"
      suggestions={value?.map(({ name, version }) => `${name}@${version}`)}
      wide
      mono
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
      onChange={(value) => onSettings(setAt(settings, ['chip'], value))}
    />
  );
}

const BOOT_SIGNS = ['none', 'banner', 'application', 'got-ip', 'pattern'] as const;

/** Whether a board must have started to pass, and how that is seen. */
function Boot(props: ProfileFormProps): JSX.Element {
  const { settings, preview, onSettings } = props;
  const boot = getAt(settings, ['boot']);
  const isPattern = typeof getAt(settings, ['boot', 'success']) === 'object';
  const sign = isPattern ? 'pattern' : textAt(settings, ['boot', 'success']) || 'application';
  const value = boot === undefined ? 'none' : sign;
  return (
    <>
      <SelectField
        label={t('setup.boot')}
        hint={t('setup.bootHint')}
        value={value}
        options={BOOT_SIGNS.map((each) => ({ value: each, label: t(`option.boot.success.${each}` as Key) }))}
        finding={findingAt(preview, ['boot', 'success'])}
        onChange={(next) => {
          onSettings(
            next === 'none'
              ? setAt(settings, ['boot'], undefined)
              : setAt(settings, ['boot', 'success'], next === 'pattern' ? { pattern: ' ' } : next),
          );
        }}
      />
      {value === 'pattern' && (
        <Text {...props} path={['boot', 'success', 'pattern']} label="setup.bootPattern" mono />
      )}
      {boot !== undefined && (
        <>
          <Text
            {...props}
            path={['boot', 'timeoutMs']}
            label="setup.bootTimeout"
            placeholder="10000"
            number
          />
          <Text {...props} path={['boot', 'baud']} label="setup.bootBaud" placeholder="115200" number />
          <Lines
            {...props}
            path={['boot', 'failure']}
            label="setup.bootFailure"
            hint="setup.bootFailureHint"
          />
        </>
      )}
    </>
  );
}
