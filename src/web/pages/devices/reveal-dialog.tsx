// Shows the key of a device for a minute, after a reason was given. It is nowhere but in this dialog.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { DeviceHistory } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { Dialog } from '../../ui/dialog.js';
import { Copyable } from '../../ui/parts.js';
import { ReasonForm } from '../../ui/reason-form.js';

const SHOWN_S = 60;

interface RevealDialogProps {
  readonly device: DeviceHistory;
  readonly onClose: () => void;
}

export function RevealDialog({ device, onClose }: RevealDialogProps): JSX.Element {
  const [psk, setPsk] = useState<string>();
  return (
    <Dialog title={t('reveal.title')} onClose={onClose}>
      <div class="stack">
        <p class="mono">{device.mac}</p>
        {psk === undefined ? <Ask device={device} onKey={setPsk} /> : <Shown psk={psk} onClose={onClose} />}
      </div>
    </Dialog>
  );
}

function Ask({ device, onKey }: { device: DeviceHistory; onKey: (psk: string) => void }): JSX.Element {
  const reveal = async (reason: string): Promise<void> => {
    onKey((await call('revealKey', { params: { device: device.mac }, body: { reason } })).psk);
  };
  return (
    <ReasonForm submit={t('reveal.do')} hint={t('reveal.reasonHint')} act={reveal}>
      <p>{t('reveal.consequence')}</p>
    </ReasonForm>
  );
}

function Shown({ psk, onClose }: { psk: string; onClose: () => void }): JSX.Element {
  const [left, setLeft] = useState(SHOWN_S);
  useEffect(() => {
    const timer = window.setInterval(() => setLeft((before) => before - 1), 1000);
    return () => window.clearInterval(timer);
  }, []);
  useEffect(() => {
    if (left <= 0) onClose();
  }, [left]);
  return (
    <div class="stack">
      <div class="secret">
        <Copyable value={psk} what={t('reveal.key')} />
      </div>
      <p class="muted small">{t('reveal.hides', { n: Math.max(0, left) })}</p>
    </div>
  );
}
