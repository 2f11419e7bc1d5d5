// The label of a device as it will be printed, and as a file for whatever prints it.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DeviceHistory } from '../../../service/contract/index.js';
import { addressOf } from '../../api/routes.js';
import { t } from '../../i18n/translate.js';
import { Dialog } from '../../ui/dialog.js';
import { Icon } from '../../ui/icon.js';
import { FailureNote } from '../../ui/parts.js';

const FILES = ['png', 'zpl', 'pdf'] as const;

interface LabelDialogProps {
  readonly device: DeviceHistory;
  readonly onClose: () => void;
}

export function LabelDialog({ device: { mac }, onClose }: LabelDialogProps): JSX.Element {
  const [failed, setFailed] = useState(false);
  const source = (format: string): string => addressOf('deviceLabel', { device: mac }, { format }).path;
  return (
    <Dialog title={t('label.title')} onClose={onClose}>
      <div class="stack">
        {failed ? (
          <FailureNote failure={t('label.failed')} />
        ) : (
          <img
            class="label-image"
            src={source('svg')}
            alt={t('label.of', { mac })}
            onError={() => {
              setFailed(true);
            }}
          />
        )}
        <p class="muted small">{t('label.hint')}</p>
        <div class="dialog-actions">
          {FILES.map((format) => (
            <a
              key={format}
              class="button"
              href={source(format)}
              download={`label-${mac.replaceAll(':', '')}.${format}`}
            >
              <Icon name="download" />
              {format.toUpperCase()}
            </a>
          ))}
        </div>
      </div>
    </Dialog>
  );
}
