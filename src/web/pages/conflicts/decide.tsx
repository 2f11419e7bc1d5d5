// The decision about a conflict: what each choice does, and why it was made. Who decided is who is signed in.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { BodyOf, ConflictInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { ReasonForm } from '../../ui/reason-form.js';
import { say } from '../../ui/toasts.js';

type Decision = BodyOf<'resolveConflict'>['decision'];
const DECISIONS: readonly Decision[] = ['keep', 'replace', 'set-aside'];

interface DecideProps {
  readonly conflict: ConflictInfo;
  readonly onDecided: () => void;
}

export function Decide({ conflict, onDecided }: DecideProps): JSX.Element | null {
  const mayDecide = useStore((state) => hasRole(state.session, 'engineer'));
  const [decision, setDecision] = useState<Decision>();
  const { id, state } = conflict;
  // The device is the refused board now: there is nothing left to decide between.
  if (id === undefined || state === 'replaced') return null;
  const decide = async (reason: string): Promise<void> => {
    if (decision === undefined) return;
    await call('resolveConflict', { params: { id }, body: { decision, reason } });
    say(t('conflict.done', { id }));
    onDecided();
  };
  return (
    <section class="card stack">
      <header>
        <h2>{t(state === 'open' ? 'conflict.decide' : 'conflict.decideAgain')}</h2>
      </header>
      {mayDecide ? (
        <ReasonForm
          submit={t('conflict.do')}
          hint={t('conflict.reasonHint')}
          disabled={decision === undefined}
          act={decide}
        >
          <fieldset class="stack tight">
            <legend class="visually-hidden">{t('conflict.decide')}</legend>
            {DECISIONS.map((choice) => (
              <Choice key={choice} choice={choice} chosen={decision === choice} onChoose={setDecision} />
            ))}
          </fieldset>
        </ReasonForm>
      ) : (
        <p class="muted">{t('settings.needs', { role: t('role.engineer') })}</p>
      )}
    </section>
  );
}

interface ChoiceProps {
  readonly choice: Decision;
  readonly chosen: boolean;
  readonly onChoose: (choice: Decision) => void;
}

function Choice({ choice, chosen, onChoose }: ChoiceProps): JSX.Element {
  return (
    <label class="choice">
      <input type="radio" name="decision" value={choice} checked={chosen} onChange={() => onChoose(choice)} />
      <span>
        <span class="strong">{t(`decision.${choice}`)}</span>
        <br />
        <span class="muted small">{t(`decision.does.${choice}`)}</span>
      </span>
    </label>
  );
}
