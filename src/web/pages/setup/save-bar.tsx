// Saving makes a new version and shows what differs from the one before.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Finding, ProfileInput, SavedProfile } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t, tn } from '../../i18n/translate.js';
import { setState } from '../../store/store.js';
import { reduce } from '../../store/state.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { Icon } from '../../ui/icon.js';
import { PlainTable } from '../../ui/plain-table.js';
import { say } from '../../ui/toasts.js';
import { ActForm } from '../../ui/work.js';
import type { Change } from './draft.js';

interface SaveBarProps {
  readonly base: SavedProfile | undefined;
  readonly input: ProfileInput;
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
  readonly dirty: boolean;
  /** The findings are of what is in the form now. */
  readonly checked: boolean;
  readonly onReset: () => void;
  readonly onSaved: (saved: SavedProfile) => void;
}

export function SaveBar(props: SaveBarProps): JSX.Element {
  const { base, findings, dirty, checked, changes, onReset } = props;
  const [asking, setAsking] = useState(false);
  return (
    <div class="save-bar" role="region" aria-label={t('setup.save')}>
      <span class="grow" role="status">
        {findings.length > 0 ? (
          <span class="finding">
            <Icon name="warn" /> {tn('setup.findings', findings.length)}
          </span>
        ) : (
          <span class="muted">
            {dirty ? tn('setup.changes', Math.max(1, changes.length)) : t('setup.unchanged')}
          </span>
        )}
      </span>
      {dirty && (
        <button type="button" class="button" onClick={onReset}>
          {t('setup.reset')}
        </button>
      )}
      <button
        type="button"
        class="button primary"
        disabled={!dirty || !checked || findings.length > 0}
        onClick={() => setAsking(true)}
      >
        {t('setup.saveAs', { version: (base?.version ?? 0) + 1 })}
      </button>
      {asking && <SaveDialog {...props} onClose={() => setAsking(false)} />}
    </div>
  );
}

function SaveDialog({
  base,
  input,
  changes,
  onSaved,
  onClose,
}: SaveBarProps & { onClose: () => void }): JSX.Element {
  const [note, setNote] = useState('');
  const save = async (): Promise<void> => {
    const saved = await call('saveProfile', {
      body: {
        profile: input,
        ...(base === undefined ? {} : { basedOn: base.version }),
        ...(note.trim() === '' ? {} : { note: note.trim() }),
      },
    });
    say(t('setup.saved', { name: saved.name, version: saved.version }));
    onClose();
    // The live event may come later than this answer.
    setState((state) => reduce(state, { type: 'profile', profile: saved }));
    onSaved(saved);
  };
  return (
    <Dialog title={t('setup.saveAs', { version: (base?.version ?? 0) + 1 })} onClose={onClose}>
      <ActForm submit={t('setup.save')} act={save}>
        {changes.length > 0 && <Changes changes={changes} />}
        <TextField label={t('setup.note')} hint={t('setup.noteHint')} value={note} onInput={setNote} />
      </ActForm>
    </Dialog>
  );
}

function Changes({ changes }: { changes: readonly Change[] }): JSX.Element {
  return (
    <PlainTable
      class="changes"
      caption={t('setup.difference')}
      rows={changes}
      keyOf={({ path }) => path}
      columns={[
        { name: t('setup.setting'), class: 'mono', cell: ({ path }) => path },
        { name: t('setup.before'), class: 'mono', cell: ({ before }) => before ?? '–' },
        { name: t('setup.after'), class: 'mono strong', cell: ({ after }) => after ?? '–' },
      ]}
    />
  );
}
