// The editor of one profile: form or YAML on the left, preview on the right, saving below.
import type { JSX } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { Preview, ProfileInput, SavedProfile } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { useLeaveQuestion } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { useLoad, useSettled } from '../../ui/load.js';
import { Note, Segmented } from '../../ui/parts.js';
import { changesOf, NEW_SETTINGS, type Settings } from './draft.js';
import { FindingWords } from './bound.js';
import { ProfileForm } from './form.js';
import { PreviewPane } from './preview.js';
import { SaveBar } from './save-bar.js';

const CHECK_AFTER_MS = 250;

interface Draft {
  readonly mode: 'form' | 'text';
  readonly settings: Settings;
  readonly text: string;
}

interface EditorProps {
  /** Absent: a new product. */
  readonly base?: SavedProfile;
  readonly onSaved: (saved: SavedProfile) => void;
}

export function Editor({ base, onSaved }: EditorProps): JSX.Element {
  const [draft, setDraft] = useState<Draft>(() => begin(base));
  const input = useMemo(() => inputOf(draft), [draft]);
  const settled = useSettled(input, CHECK_AFTER_MS);
  const { value } = useLoad(
    (signal) => call('previewProfile', { body: { profile: settled }, signal }),
    JSON.stringify(settled),
  );
  const preview = useSteady(value);
  const mayEdit = useStore((state) => hasRole(state.session, 'engineer'));
  const changes = draft.mode === 'form' ? changesOf(base?.settings ?? NEW_SETTINGS, draft.settings) : [];
  const dirty = draft.mode === 'form' ? changes.length > 0 : draft.text !== (base?.text ?? '');
  useLeaveQuestion(dirty && mayEdit, t('setup.leave'));
  return (
    <div class="setup">
      <div class="stack setup-form">
        {!mayEdit && (
          <Note tone="accent">
            <p>{t('setup.readOnly')}</p>
          </Note>
        )}
        {base !== undefined && <Modes draft={draft} dirty={dirty} onDraft={setDraft} />}
        <fieldset disabled={!mayEdit} class="stack loose">
          {draft.mode === 'form' ? (
            <ProfileForm
              settings={draft.settings}
              isNew={base === undefined}
              preview={preview}
              onSettings={(settings) => setDraft((before) => ({ ...before, settings }))}
            />
          ) : (
            <TextEditor draft={draft} preview={preview} onDraft={setDraft} />
          )}
        </fieldset>
        {mayEdit && (
          <SaveBar
            {...{ base, input, changes, dirty, onSaved }}
            findings={preview?.findings ?? []}
            checked={settled === input}
            onReset={() => setDraft(begin(base))}
          />
        )}
      </div>
      <PreviewPane preview={preview} />
    </div>
  );
}

/** While something is wrong there is no image: what was drawn last stays, under the findings of now. */
function useSteady(preview: Preview | undefined): Preview | undefined {
  const drawn = useRef<Preview | undefined>(undefined);
  if (preview === undefined) return undefined;
  if (preview.rows.length > 0) drawn.current = preview;
  return { ...(drawn.current ?? preview), findings: preview.findings };
}

function begin(base: SavedProfile | undefined): Draft {
  return { mode: 'form', settings: base?.settings ?? NEW_SETTINGS, text: base?.text ?? '' };
}

function inputOf({ mode, settings, text }: Draft): ProfileInput {
  return mode === 'form' ? { settings } : { text };
}

interface DraftProps {
  readonly draft: Draft;
  readonly onDraft: (change: (before: Draft) => Draft) => void;
}

/** Form and YAML are two ways to the same profile; one changes over between edits, not within one. */
function Modes({ draft, dirty, onDraft }: DraftProps & { dirty: boolean }): JSX.Element {
  return (
    <div class="row spread">
      <Segmented
        label={t('setup.mode')}
        value={draft.mode}
        options={[
          { value: 'form', label: t('setup.form') },
          { value: 'text', label: 'YAML' },
        ]}
        onChange={(mode) => {
          if (!dirty) onDraft((before) => ({ ...before, mode }));
        }}
      />
      {dirty && <span class="muted small">{t('setup.modeLocked')}</span>}
    </div>
  );
}

function TextEditor({ draft, preview, onDraft }: DraftProps & { preview: Preview | undefined }): JSX.Element {
  return (
    <div class="stack">
      <textarea
        class="textarea mono yaml"
        aria-label="YAML"
        spellcheck={false}
        value={draft.text}
        onInput={(event) => {
          const text = event.currentTarget.value;
          onDraft((before) => ({ ...before, text }));
        }}
      />
      {preview?.findings.map((finding) => (
        <Note key={`${finding.line}:${finding.column}:${finding.path}`} tone="fail">
          <span class="mono">
            {finding.line}:{finding.column} {finding.path}
          </span>{' '}
          <FindingWords finding={finding} />
        </Note>
      ))}
    </div>
  );
}
