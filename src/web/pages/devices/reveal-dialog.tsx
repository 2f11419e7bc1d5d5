// Shows the key of a device for a minute, after a reason was given. It is nowhere but in this dialog.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { DeviceHistory } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { Copyable, Note } from '../../ui/parts.js';
import { failureText } from '../../ui/toasts.js';

const SHOWN_S = 60;
const MIN_REASON = 3;

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
  const [reason, setReason] = useState('');
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const reveal = async (): Promise<void> => {
    setBusy(true);
    try {
      const { psk } = await call('revealKey', { params: { device: device.mac }, body: { reason } });
      onKey(psk);
    } catch (error) {
      setFailure(failureText(error));
      setBusy(false);
    }
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void reveal();
      }}
    >
      <p>{t('reveal.consequence')}</p>
      <TextField
        label={t('reveal.reason')}
        value={reason}
        onInput={setReason}
        hint={t('reveal.reasonHint')}
        required
      />
      {failure !== undefined && (
        <Note tone="fail">
          <p>{failure}</p>
        </Note>
      )}
      <div class="dialog-actions">
        <button type="submit" class="button primary" disabled={busy || reason.trim().length < MIN_REASON}>
          {t('reveal.do')}
        </button>
      </div>
    </form>
  );
}

function Shown({ psk, onClose }: { psk: string; onClose: () => void }): JSX.Element {
  const [left, setLeft] = useState(SHOWN_S);
  useEffect(() => {
    const timer = window.setInterval(() => {
      setLeft((before) => before - 1);
    }, 1000);
    return () => {
      window.clearInterval(timer);
    };
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
