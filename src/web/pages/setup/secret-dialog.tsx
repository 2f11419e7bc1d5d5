// Stores a secret on the station and gives the reference that a product uses. Nothing reads it back.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { say } from '../../ui/toasts.js';
import { ActForm } from '../../ui/work.js';

interface SecretDialogProps {
  /** A first idea of its name. */
  readonly name: string;
  /** Called with the reference, `file:NAME`. */
  readonly onStored: (reference: string) => void;
  readonly onClose: () => void;
}

export function SecretDialog({ name: first, onStored, onClose }: SecretDialogProps): JSX.Element {
  const [name, setName] = useState(secretName(first));
  const [value, setValue] = useState('');
  const store = async (): Promise<void> => {
    await call('putSecret', { params: { name: name.trim() }, body: { value } });
    say(t('secret.stored', { name: name.trim() }));
    onStored(`file:${name.trim()}`);
    onClose();
  };
  return (
    <Dialog title={t('secret.title')} onClose={onClose}>
      <ActForm submit={t('setup.save')} disabled={name.trim() === '' || value === ''} act={store}>
        <p>{t('secret.hint')}</p>
        <TextField label={t('people.name')} mono value={name} onInput={setName} required />
        <TextField
          label={t('people.password')}
          type="password"
          value={value}
          onInput={setValue}
          autoComplete="new-password"
          required
        />
      </ActForm>
    </Dialog>
  );
}

/** Only characters that a name may have: `Sensor v3` becomes `Sensor-v3`. */
function secretName(text: string): string {
  return text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
}
