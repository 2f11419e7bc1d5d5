// Settings of the station: its name, whether plugging in starts a board, the work order it counts against.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Settings } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { setState, useStore } from '../../store/store.js';
import { TextField } from '../../ui/field.js';
import { Skeleton } from '../../ui/parts.js';
import { attempt, say } from '../../ui/toasts.js';

export function StationSettings(): JSX.Element {
  const settings = useStore((state) => state.settings);
  return settings === undefined ? <Skeleton /> : <Form settings={settings} />;
}

interface Draft {
  readonly stationName: string;
  readonly autoStart: boolean;
  readonly batchName: string;
  readonly batchTarget: string;
}

function draftOf({ stationName, autoStart, batch }: Settings): Draft {
  return { stationName, autoStart, batchName: batch?.name ?? '', batchTarget: String(batch?.target ?? '') };
}

/** The settings of a draft; without a name or a number there is no batch. */
export function settingsOf(before: Settings, draft: Draft): Settings {
  const target = Number(draft.batchTarget);
  const name = draft.batchName.trim();
  return {
    ...(before.profile === undefined ? {} : { profile: before.profile }),
    stationName: draft.stationName.trim(),
    autoStart: draft.autoStart,
    ...(name !== '' && Number.isSafeInteger(target) && target > 0 ? { batch: { name, target } } : {}),
  };
}

function Form({ settings }: { settings: Settings }): JSX.Element {
  const [draft, setDraft] = useState(draftOf(settings));
  const mayEdit = useStore((state) => hasRole(state.session, 'engineer'));
  useEffect(() => {
    setDraft(draftOf(settings));
  }, [settings]);
  const save = async (): Promise<void> => {
    const saved = await call('putSettings', { body: settingsOf(settings, draft) });
    setState((state) => ({ ...state, settings: saved }));
    say(t('settings.saved'));
  };
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(save);
      }}
    >
      <fieldset disabled={!mayEdit} class="stack loose">
        <Fields
          draft={draft}
          onChange={(part) => {
            setDraft((before) => ({ ...before, ...part }));
          }}
        />
        {mayEdit && (
          <div>
            <button type="submit" class="button primary">
              {t('settings.save')}
            </button>
          </div>
        )}
      </fieldset>
    </form>
  );
}

function Fields({
  draft,
  onChange,
}: {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}): JSX.Element {
  return (
    <>
      <TextField
        label={t('settings.stationName')}
        value={draft.stationName}
        required
        onInput={(stationName) => {
          onChange({ stationName });
        }}
      />
      <div>
        <label class="check">
          <input
            type="checkbox"
            checked={draft.autoStart}
            onChange={(event) => {
              onChange({ autoStart: event.currentTarget.checked });
            }}
          />
          {t('settings.autoStart')}
        </label>
        <p class="muted small">{t('settings.autoStartHint')}</p>
      </div>
      <div class="form-grid">
        <TextField
          label={t('settings.batch')}
          hint={t('settings.batchHint')}
          value={draft.batchName}
          onInput={(batchName) => {
            onChange({ batchName });
          }}
        />
        <TextField
          label={t('settings.target')}
          type="number"
          value={draft.batchTarget}
          onInput={(batchTarget) => {
            onChange({ batchTarget });
          }}
        />
      </div>
    </>
  );
}
