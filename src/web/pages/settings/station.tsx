// Settings of the station: its name, how boards start, when they are tried again, when it stops, and its labels.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Settings } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { setState, useStore } from '../../store/store.js';
import { Form, CheckField, SelectField, TextField } from '../../ui/field.js';
import { useLoad } from '../../ui/load.js';
import { FailureNote, Skeleton } from '../../ui/parts.js';
import { say } from '../../ui/toasts.js';
import { useWork } from '../../ui/work.js';

export function StationSettings(): JSX.Element {
  const settings = useStore((state) => state.settings);
  return settings === undefined ? <Skeleton /> : <SettingsForm settings={settings} />;
}

/** Numbers as they are typed. */
interface Draft {
  readonly stationName: string;
  readonly autoStart: boolean;
  readonly maxRunning: string;
  readonly retries: string;
  readonly onSlot: string;
  readonly onStation: string;
  /** Empty: no labels. */
  readonly printer: string;
  readonly scanBack: boolean;
  readonly check: boolean;
}

function draftOf(settings: Settings): Draft {
  const { stationName, autoStart, maxRunning, retries, stopAfter, label, check = false } = settings;
  return {
    stationName,
    autoStart,
    maxRunning: String(maxRunning),
    retries: String(retries),
    onSlot: String(stopAfter.onSlot),
    onStation: String(stopAfter.onStation),
    printer: label?.printer ?? '',
    scanBack: label?.scanBack ?? false,
    check,
  };
}

/** The settings of a draft; profile and batch are chosen on the station page, and stay. */
function settingsOf({ profile, batch }: Settings, draft: Draft): Settings {
  const { printer, scanBack } = draft;
  return {
    ...(profile === undefined ? {} : { profile }),
    ...(batch === undefined ? {} : { batch }),
    stationName: draft.stationName.trim(),
    autoStart: draft.autoStart,
    maxRunning: Number(draft.maxRunning),
    retries: Number(draft.retries),
    stopAfter: { onSlot: Number(draft.onSlot), onStation: Number(draft.onStation) },
    ...(printer === '' ? {} : { label: { printer, scanBack } }),
    ...(draft.check ? { check: true } : {}),
  };
}

function SettingsForm({ settings }: { settings: Settings }): JSX.Element {
  // Only what was typed: what comes from elsewhere meanwhile takes nothing of it away.
  const [edits, setEdits] = useState<Partial<Draft>>({});
  const draft = { ...draftOf(settings), ...edits };
  const mayEdit = useStore((state) => hasRole(state.session, 'engineer'));
  const change = (part: Partial<Draft>): void => setEdits((before) => ({ ...before, ...part }));
  const save = async (): Promise<void> => {
    const saved = await call('putSettings', { body: settingsOf(settings, draft) });
    setState((state) => ({ ...state, settings: saved }));
    setEdits({});
    say(t('settings.saved'));
  };
  const { failure, run } = useWork();
  return (
    <Form class="card" onSubmit={() => void run(save)}>
      <fieldset disabled={!mayEdit} class="stack loose">
        <TextField
          label={t('settings.stationName')}
          value={draft.stationName}
          required
          onInput={(stationName) => change({ stationName })}
        />
        <CheckField
          label={t('settings.autoStart')}
          hint={t('settings.autoStartHint')}
          checked={draft.autoStart}
          onChange={(autoStart) => change({ autoStart })}
        />
        <CheckField
          label={t('settings.check')}
          hint={t('settings.checkHint')}
          checked={draft.check}
          onChange={(check) => change({ check })}
        />
        <Limits draft={draft} onChange={change} />
        <Labels draft={draft} onChange={change} />
        <FailureNote failure={failure} />
        {mayEdit && (
          <div>
            <button type="submit" class="button primary">
              {t('setup.save')}
            </button>
          </div>
        )}
      </fieldset>
    </Form>
  );
}

interface PartProps {
  readonly draft: Draft;
  readonly onChange: (part: Partial<Draft>) => void;
}

function Limits({ draft, onChange }: PartProps): JSX.Element {
  return (
    <div class="form-grid">
      {(['maxRunning', 'retries', 'onSlot', 'onStation'] as const).map((name) => (
        <TextField
          key={name}
          label={t(`settings.${name}`)}
          hint={t(`settings.${name}Hint`)}
          type="number"
          required
          value={draft[name]}
          onInput={(value) => onChange({ [name]: value })}
        />
      ))}
    </div>
  );
}

function Labels({ draft: { printer, scanBack }, onChange }: PartProps): JSX.Element {
  const { value: printers = [] } = useLoad(
    async (signal) => (await call('listPrinters', { signal })).printers,
    'printers',
  );
  const names = [...new Set([...printers.map(({ name }) => name), ...(printer === '' ? [] : [printer])])];
  return (
    <>
      <SelectField
        label={t('settings.label')}
        hint={t('settings.labelHint')}
        value={printer}
        options={[
          { value: '', label: t('settings.noLabel') },
          ...names.map((name) => ({ value: name, label: name })),
        ]}
        onChange={(name) => onChange({ printer: name })}
      />
      {printer !== '' && (
        <CheckField
          label={t('settings.scanBack')}
          hint={t('settings.scanBackHint')}
          checked={scanBack}
          onChange={(checked) => onChange({ scanBack: checked })}
        />
      )}
    </>
  );
}
