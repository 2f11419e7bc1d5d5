// Firmware bundles: what the registry has, what goes where, adding the files of a build, and taking a version away.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { BundleInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatBytes, formatExact } from '../../format/format.js';
import { hex } from '../../../core/text.js';
import { t } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { DialogButton } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { FileButton } from '../../ui/file-button.js';
import { ListCard } from '../../ui/list-card.js';
import { useLive } from '../../ui/live.js';
import { Copyable, FailureNote } from '../../ui/parts.js';
import { ReasonDialog } from '../../ui/reason-form.js';
import { say } from '../../ui/toasts.js';
import { useWork } from '../../ui/work.js';
import { SetupNav } from '../setup/setup-nav.js';
import { filesToSend } from './build-files.js';

const nameOf = ({ name, version }: BundleInfo): string => `${name}@${version}`;

export function FirmwarePage(): JSX.Element {
  const mayChange = useStore((state) => hasRole(state.session, 'engineer'));
  const { value, failure } = useLive(
    'firmware',
    async (signal) => (await call('listFirmware', { signal })).bundles,
  );
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.firmware')}</h1>
        <SetupNav page="firmware" />
      </header>
      <div class="page-body stack loose">
        {mayChange && <AddBundle />}
        <ListCard<BundleInfo>
          title={t('bundle.all')}
          rows={value}
          failure={failure}
          none={t('bundle.none')}
          keyOf={nameOf}
          columns={[
            {
              name: t('bundle.name'),
              cell: (bundle) => <Copyable value={nameOf(bundle)} what={t('bundle.name')} />,
            },
            { name: t('fact.chip'), cell: ({ chips }) => chips.join(', ') },
            { name: t('bundle.parts'), cell: (bundle) => <Parts of={bundle} /> },
            { name: t('lists.by'), cell: ({ addedBy }) => addedBy },
            { name: t('audit.at'), cell: ({ addedAt }) => formatExact(addedAt) },
          ]}
          {...(mayChange
            ? {
                actions: (bundle: BundleInfo) => (
                  <DialogButton bare icon="trash" label={t('bundle.remove', { name: nameOf(bundle) })}>
                    {(close) => <Remove bundle={nameOf(bundle)} onClose={close} />}
                  </DialogButton>
                ),
              }
            : {})}
        />
      </div>
    </div>
  );
}

function Parts({ of: { parts, digest, sizeBytes } }: { of: BundleInfo }): JSX.Element {
  return (
    <details>
      <summary>
        {formatBytes(sizeBytes)} · <code>{digest.slice(0, 12)}</code>
      </summary>
      <ul class="bundle-parts mono small">
        {parts.map(({ chip, name, offsetBytes, sizeBytes }) => (
          <li key={`${chip ?? ''}${offsetBytes}`}>
            {hex(offsetBytes)} · {hex(sizeBytes)} · {name}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Remove({ bundle, onClose }: { bundle: string; onClose: () => void }): JSX.Element {
  return (
    <ReasonDialog
      title={t('bundle.remove', { name: bundle })}
      submit={t('removal.do')}
      hint={t('bundle.reasonHint')}
      done={t('bundle.removed', { name: bundle })}
      act={(reason) => call('removeFirmware', { params: { bundle }, body: { reason } })}
      onClose={onClose}
    >
      <p>{t('bundle.removal')}</p>
    </ReasonDialog>
  );
}

function AddBundle(): JSX.Element {
  const [name, setName] = useState('');
  const [version, setVersion] = useState('');
  const { busy, failure, run } = useWork();
  const add = (chosen: readonly File[]): Promise<void> =>
    run(async () => {
      const files = await filesToSend(chosen);
      const named = {
        ...(name.trim() === '' ? {} : { name }),
        ...(version.trim() === '' ? {} : { version }),
      };
      say(t('bundle.added', { name: nameOf(await call('addFirmware', { body: { files, ...named } })) }));
      setName('');
      setVersion('');
    });
  return (
    <section class="card stack" aria-busy={busy}>
      <header>
        <h2>{t('bundle.add')}</h2>
      </header>
      <p class="muted small">{t('bundle.addHint')}</p>
      <div class="form-grid">
        <TextField label={t('people.name')} hint={t('bundle.asNameHint')} value={name} onInput={setName} />
        <TextField
          label={t('bundle.asVersion')}
          hint={t('bundle.asVersionHint')}
          value={version}
          onInput={setVersion}
        />
      </div>
      <FailureNote failure={failure} />
      <div class="row">
        <FileButton label={t('bundle.folder')} folder onChosen={(files) => void add(files)} />
        <FileButton label={t('bundle.files')} multiple onChosen={(files) => void add(files)} />
        {busy && <span role="status">{t('bundle.sending')}</span>}
      </div>
    </section>
  );
}
