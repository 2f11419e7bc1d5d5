// Takes a device out of use, with a reason for the audit trail.
import type { JSX } from 'preact';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { Dialog } from '../../ui/dialog.js';
import { ReasonForm } from '../../ui/reason-form.js';
import { say } from '../../ui/toasts.js';

export function RemoveDialog({ mac, onClose }: { mac: string; onClose: () => void }): JSX.Element {
  const remove = async (reason: string): Promise<void> => {
    await call('removeDevice', { params: { device: mac }, body: { reason } });
    say(t('removal.done', { mac }));
    onClose();
  };
  return (
    <Dialog title={t('removal.title', { mac })} onClose={onClose}>
      <ReasonForm danger submit={t('removal.do')} hint={t('removal.reasonHint')} act={remove}>
        <p>{t('removal.consequence')}</p>
      </ReasonForm>
    </Dialog>
  );
}
