// Label printers on the network: address, size and content of their labels, and a test that says what is wrong.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Printer } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { ListCard, RemoveButton } from '../../ui/list-card.js';
import { OWN, useLive } from '../../ui/live.js';
import { say } from '../../ui/toasts.js';
import { ActButton } from '../../ui/work.js';
import { draftOf, EMPTY, PrinterForm, type Draft } from './printer-form.js';

export function PrinterSettings(): JSX.Element {
  const { value, failure, reload } = useLive(
    'printers',
    async (signal) => (await call('listPrinters', { signal })).printers,
    '',
    OWN,
  );
  const mayEdit = useStore((state) => hasRole(state.session, 'engineer'));
  const [draft, setDraft] = useState<Draft>(EMPTY);
  return (
    <>
      <ListCard<Printer>
        title={t('settings.printers')}
        rows={value}
        failure={failure}
        none={t('printer.none')}
        keyOf={({ name }) => name}
        columns={[
          { name: t('people.name'), cell: ({ name }) => name },
          { name: t('settings.address'), cell: ({ address }) => <span class="mono">{address}</span> },
          {
            name: t('printer.size'),
            cell: ({ template: { widthMm, heightMm } }) => `${widthMm} × ${heightMm} mm`,
          },
        ]}
        actions={(printer) => (
          <Actions
            name={printer.name}
            mayEdit={mayEdit}
            onEdit={() => setDraft(draftOf(printer))}
            onRemoved={reload}
          />
        )}
      />
      {mayEdit && (
        <PrinterForm
          draft={draft}
          onChange={setDraft}
          onSaved={() => {
            setDraft(EMPTY);
            reload();
          }}
        />
      )}
    </>
  );
}

interface ActionsProps {
  readonly name: string;
  readonly mayEdit: boolean;
  readonly onEdit: () => void;
  readonly onRemoved: () => void;
}

function Actions({ name, mayEdit, onEdit, onRemoved }: ActionsProps): JSX.Element {
  const test = async (): Promise<void> => {
    await call('testPrinter', { params: { name } });
    say(t('printer.tested', { name }));
  };
  return (
    <>
      <ActButton class="little" act={test}>
        {t('printer.test')}
      </ActButton>{' '}
      {mayEdit && (
        <>
          <button type="button" class="button little" onClick={onEdit}>
            {t('printer.edit')}
          </button>{' '}
          <RemoveButton
            label={t('people.remove', { name })}
            remove={() => call('removePrinter', { params: { name } })}
            onRemoved={onRemoved}
          />
        </>
      )}
    </>
  );
}
