// What an inspection found: chip, security, flash, NVS, and where board and registry differ.
import type { ComponentChildren, JSX } from 'preact';
import { hex } from '../../../core/text.js';
import type { Inspection } from '../../../service/contract/index.js';
import { formatBytes } from '../../format/format.js';
import { fieldName } from '../../i18n/field-names.js';
import { t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { CompareTable } from '../../ui/compare-table.js';
import { FlashMap, PartitionTable } from '../../ui/flash-map.js';
import { NvsTable } from '../../ui/nvs-table.js';
import { Badge, Copyable, Note } from '../../ui/parts.js';
import { CodeWords } from '../../ui/service-words.js';

export function InspectionReport({ inspection }: { inspection: Inspection }): JSX.Element {
  const { warnings, partitions, nvs, chip } = inspection;
  return (
    <div class="report">
      {warnings.map((warning) => (
        <div key={warning.code} class="wide">
          <Note tone="warn">
            <CodeWords {...warning} />
          </Note>
        </div>
      ))}
      <Chip inspection={inspection} />
      <Compared inspection={inspection} />
      <section class="card wide">
        <header>
          <h2>{t('preview.flash')}</h2>
        </header>
        {partitions === undefined ? (
          <p class="muted">{t('inspect.noTable')}</p>
        ) : (
          <div class="stack loose">
            <FlashMap
              flashSizeBytes={chip.flashSizeBytes}
              partitions={partitions}
              region={nvs?.image}
              usedSectors={nvs === undefined ? undefined : usedSectors(nvs.usedEntries)}
            />
            <PartitionTable partitions={partitions} />
          </div>
        )}
      </section>
      {nvs !== undefined && <Nvs nvs={nvs} />}
    </div>
  );
}

/** Entries fill pages from the start of the region; a page holds 126. */
function usedSectors(usedEntries: number): ReadonlySet<number> {
  return new Set(Array.from({ length: Math.ceil(usedEntries / 126) }, (_, index) => index));
}

function Card({ title, children }: { title: string; children: ComponentChildren }): JSX.Element {
  return (
    <section class="card">
      <header>
        <h2>{title}</h2>
      </header>
      {children}
    </section>
  );
}

function Chip({ inspection: { chip, security } }: { inspection: Inspection }): JSX.Element {
  const on = (value: boolean): JSX.Element => (
    <Badge tone={value ? 'warn' : 'plain'} {...(value ? { icon: 'lock' as const } : {})}>
      {t(value ? 'inspect.on' : 'inspect.off')}
    </Badge>
  );
  return (
    <Card title={t('fact.chip')}>
      <dl class="facts">
        <dt>{t('fact.chip')}</dt>
        <dd>
          {chip.description} {chip.revision}
        </dd>
        <dt>MAC</dt>
        <dd>
          <Copyable value={chip.mac} what="MAC" />
        </dd>
        <dt>{t('preview.flash')}</dt>
        <dd>{formatBytes(chip.flashSizeBytes)}</dd>
        <dt>{t('inspect.encryption')}</dt>
        <dd>{on(security.flashEncryption)}</dd>
        <dt>{t('inspect.secureBoot')}</dt>
        <dd>{on(security.secureBoot)}</dd>
        <dt>{t('inspect.secureDownload')}</dt>
        <dd>{on(security.secureDownload)}</dd>
      </dl>
    </Card>
  );
}

function Compared({ inspection: { registry, chip } }: { inspection: Inspection }): JSX.Element {
  if (registry === undefined) {
    return (
      <Card title={t('inspect.compared')}>
        <p class="muted">{t('inspect.unknown')}</p>
      </Card>
    );
  }
  return (
    <section class="card flush">
      <header>
        <h2>{t('inspect.compared')}</h2>
        <a href={link(['devices', chip.mac])}>{t('action.openDevice')}</a>
      </header>
      <CompareTable
        of={[t('inspect.board'), t('light.registry')]}
        rows={registry.compared.map(({ field, board, registry: known, verdict }) => ({
          name: fieldName(field),
          sides: [board, known],
          verdict,
        }))}
      />
    </section>
  );
}

function Nvs({ nvs }: { nvs: NonNullable<Inspection['nvs']> }): JSX.Element {
  return (
    <section class="card flush wide">
      <header>
        <h2>NVS</h2>
        <span class="muted small">
          <span class="mono">{hex(nvs.image.offsetBytes)}</span>, {formatBytes(nvs.image.sizeBytes)},{' '}
          {t('preview.entries', { used: nvs.usedEntries, total: nvs.totalEntries })}
        </span>
      </header>
      {nvs.encrypted && (
        <div class="list-note">
          <Note tone="warn">
            <p>{t('inspect.encrypted')}</p>
          </Note>
        </div>
      )}
      {nvs.rows.length === 0 && !nvs.encrypted && <p class="muted list-note">{t('inspect.empty')}</p>}
      {nvs.rows.length > 0 && <NvsTable rows={nvs.rows} />}
      <p class="table-note small muted">
        SHA-256{' '}
        <Copyable value={nvs.image.sha256} shown={`${nvs.image.sha256.slice(0, 24)}…`} what="SHA-256" />
      </p>
    </section>
  );
}
