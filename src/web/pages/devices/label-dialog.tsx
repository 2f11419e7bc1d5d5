// The label of a device as it will be printed: printed again with a reason, or as a file for whatever prints it.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.js';
import { addressOf } from '../../api/routes.js';
import { t } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Dialog } from '../../ui/dialog.js';
import { SelectField } from '../../ui/field.js';
import { Icon } from '../../ui/icon.js';
import { useLoad } from '../../ui/load.js';
import { FailureNote } from '../../ui/parts.js';
import { ReasonForm } from '../../ui/reason-form.js';
import { say } from '../../ui/toasts.js';

const FILES = ['png', 'zpl', 'pdf'] as const;

interface LabelDialogProps {
  readonly mac: string;
  readonly onClose: () => void;
}

export function LabelDialog({ mac, onClose }: LabelDialogProps): JSX.Element {
  const own = useStore((state) => state.settings?.label?.printer);
  const mayPrint = useStore((state) => hasRole(state.session, 'operator'));
  const printers =
    useLoad(async (signal) => (await call('listPrinters', { signal })).printers, '').value ?? [];
  const [chosen, setChosen] = useState<string>();
  const [failed, setFailed] = useState('');
  const printer = chosen ?? own ?? printers[0]?.name;
  const source = (format: string): string =>
    addressOf('deviceLabel', { device: mac }, { format, printer }).path;
  return (
    <Dialog title={t('label.title')} onClose={onClose}>
      <div class="stack">
        {failed === source('svg') ? (
          <FailureNote failure={t('label.failed')} />
        ) : (
          <img
            class="label-image"
            src={source('svg')}
            alt={t('label.of', { mac })}
            onError={() => setFailed(source('svg'))}
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
        {mayPrint && printer !== undefined && (
          <Reprint mac={mac} printer={printer} onPrinted={onClose}>
            <SelectField
              label={t('label.printer')}
              value={printer}
              options={printers.map(({ name }) => ({ value: name, label: name }))}
              onChange={setChosen}
            />
          </Reprint>
        )}
        {mayPrint && printer === undefined && <p class="muted small">{t('label.noPrinter')}</p>}
      </div>
    </Dialog>
  );
}

interface ReprintProps {
  readonly mac: string;
  readonly printer: string;
  readonly onPrinted: () => void;
  readonly children: JSX.Element;
}

function Reprint({ mac, printer, onPrinted, children }: ReprintProps): JSX.Element {
  const print = async (reason: string): Promise<void> => {
    await call('printLabel', { params: { device: mac }, body: { reason, printer } });
    say(t('label.printed', { mac, printer }));
    onPrinted();
  };
  return (
    <ReasonForm submit={t('label.print')} hint={t('label.reasonHint')} act={print}>
      <h3>{t('label.again')}</h3>
      <p class="muted small">{t('label.consequence')}</p>
      {children}
    </ReasonForm>
  );
}
