// What a board would get: its NVS rows, how full the image is, and where it goes in flash.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { hex } from '../../../core/text.js';
import type { Preview } from '../../../service/contract/index.js';
import { formatBytes } from '../../format/format.js';
import { t } from '../../i18n/translate.js';
import { FlashMap, PartitionTable } from '../../ui/flash-map.js';
import { NvsTable } from '../../ui/nvs-table.js';
import { PlainTable } from '../../ui/plain-table.js';
import { CopyButton, Note, Segmented, Skeleton } from '../../ui/parts.js';
import { CodeWords } from '../../ui/service-words.js';

type View = 'rows' | 'listing' | 'csv';

export function PreviewPane({ preview }: { preview: Preview | undefined }): JSX.Element {
  return (
    <aside class="stack setup-preview" aria-label={t('preview.title')}>
      {preview === undefined ? (
        <div class="card">
          <Skeleton lines={8} />
        </div>
      ) : (
        <>
          <Flash preview={preview} />
          <Contents preview={preview} />
        </>
      )}
    </aside>
  );
}

function Flash({ preview: { flash, image } }: { preview: Preview }): JSX.Element {
  const used = new Set(image?.listing.map(({ page }) => page));
  return (
    <section class="card">
      <header>
        <h2>{t('preview.flash')}</h2>
        <span class="muted small">{t('preview.flashOf', { size: formatBytes(flash.flashSizeBytes) })}</span>
      </header>
      <div class="stack">
        <FlashMap {...flash} usedSectors={used} />
        {!flash.fits && flash.notes.length === 0 && (
          <Note tone="fail">
            <p>{t('preview.tooBig')}</p>
          </Note>
        )}
        {flash.notes.map((note) => (
          <Note key={note.code} tone={flash.fits ? 'warn' : 'fail'}>
            <CodeWords {...note} />
          </Note>
        ))}
        {image !== undefined && <Fill used={image.usedEntries} total={image.totalEntries} />}
        <details>
          <summary>{t('flash.partitions')}</summary>
          <PartitionTable partitions={flash.partitions} />
        </details>
      </div>
    </section>
  );
}

function Fill({ used, total }: { used: number; total: number }): JSX.Element {
  const share = total === 0 ? 0 : used / total;
  return (
    <div class="row">
      <span class="muted">{t('preview.entries', { used, total })}</span>
      <div class="bar" role="img" aria-label={`${Math.round(share * 100)} %`}>
        <span style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  );
}

function Contents({ preview }: { preview: Preview }): JSX.Element {
  const [view, setView] = useState<View>('rows');
  return (
    <section class="card flush">
      <header>
        <h2>{t('preview.rows')}</h2>
        <Segmented
          label={t('preview.view')}
          value={view}
          options={[
            { value: 'rows', label: t('preview.asRows') },
            { value: 'listing', label: t('preview.asListing') },
            { value: 'csv', label: 'CSV' },
          ]}
          onChange={setView}
        />
      </header>
      {view === 'rows' && <NvsTable rows={preview.rows} />}
      {view === 'listing' && <Listing preview={preview} />}
      {view === 'csv' && (
        <div class="csv">
          <CopyButton value={preview.csv} what="CSV" />
          <pre class="mono" tabIndex={0}>
            {preview.csv}
          </pre>
        </div>
      )}
      <p class="muted small table-note">{t('preview.example')}</p>
    </section>
  );
}

function Listing({ preview: { image } }: { preview: Preview }): JSX.Element {
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={t('preview.asListing')}>
      <PlainTable
        caption={t('preview.asListing')}
        rows={image?.listing ?? []}
        keyOf={({ offsetBytes }) => offsetBytes}
        columns={[
          { name: t('flash.offset'), class: 'mono', cell: ({ offsetBytes }) => hex(offsetBytes) },
          { name: t('nvs.key'), class: 'mono', cell: ({ namespace, key }) => `${namespace}/${key}` },
          { name: t('nvs.type'), class: 'mono', cell: ({ type }) => type },
          { name: t('nvs.entries'), number: true, cell: ({ entries }) => entries },
        ]}
      />
    </div>
  );
}
