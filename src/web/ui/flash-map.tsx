// The flash drawn to scale: partitions by offset and size, and the chosen region sector by sector.
import type { JSX } from 'preact';
import { hex } from '../../core/text.js';
import type { PartitionInfo } from '../../service/contract/index.js';
import { formatBytes } from '../format/format.js';
import { t } from '../i18n/translate.js';
import { PlainTable } from './plain-table.js';

const SECTOR_BYTES = 0x1000;
const MAX_SECTORS_DRAWN = 128;

interface Region {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

interface FlashMapProps {
  readonly flashSizeBytes: number;
  readonly partitions: readonly PartitionInfo[];
  /** Where the image goes, or was found. */
  readonly region?: Region | undefined;
  /** Sectors of the region, from its start, that hold entries: drawn hatched. */
  readonly usedSectors?: ReadonlySet<number> | undefined;
}

export function FlashMap({ flashSizeBytes, partitions, region, usedSectors }: FlashMapProps): JSX.Element {
  const end = Math.max(
    flashSizeBytes,
    ...partitions.map(({ offsetBytes, sizeBytes }) => offsetBytes + sizeBytes),
    1,
  );
  const share = (bytes: number): string => `${(bytes / end) * 100}%`;
  return (
    <div class="flash">
      <div class="flash-bar" role="img" aria-label={describe(partitions, region)}>
        {partitions.map(({ label, kind, offsetBytes, sizeBytes }) => (
          <span
            key={`${label}${offsetBytes}`}
            class={`flash-part ${kind} ${covers(region, offsetBytes) ? 'target' : ''}`}
            style={{ left: share(offsetBytes), width: share(sizeBytes) }}
            title={`${label}: ${hex(offsetBytes)}, ${formatBytes(sizeBytes)}`}
          >
            <span class="flash-name">{sizeBytes / end > 0.07 ? label : ''}</span>
          </span>
        ))}
        {region !== undefined && !partitions.some(({ offsetBytes }) => covers(region, offsetBytes)) && (
          <span
            class="flash-part target"
            style={{ left: share(region.offsetBytes), width: share(region.sizeBytes) }}
          />
        )}
      </div>
      <div class="flash-scale">
        <span>0x0</span>
        <span>{hex(end / 2)}</span>
        <span>{hex(end)}</span>
      </div>
      {region !== undefined && (
        <Sectors
          name={partitions.find(({ offsetBytes }) => covers(region, offsetBytes))?.label}
          region={region}
          used={usedSectors ?? new Set()}
        />
      )}
    </div>
  );
}

interface SectorsProps {
  readonly name: string | undefined;
  readonly region: Region;
  readonly used: ReadonlySet<number>;
}

/** The region alone, a cell for each sector of 4 KB. */
function Sectors({ name, region, used }: SectorsProps): JSX.Element {
  const count = Math.ceil(region.sizeBytes / SECTOR_BYTES);
  const label = t('flash.region', {
    offset: hex(region.offsetBytes),
    size: formatBytes(region.sizeBytes),
    used: used.size,
    count,
  });
  return (
    <figure class="flash-region">
      <figcaption class="small muted">
        <span class="flash-key" /> {name !== undefined && <b>{name} </b>}
        {label}
      </figcaption>
      <div class="sectors" aria-hidden="true">
        {Array.from({ length: Math.min(count, MAX_SECTORS_DRAWN) }, (_, index) => (
          <span
            key={index}
            class={`sector ${used.has(index) ? 'used' : ''}`}
            title={hex(region.offsetBytes + index * SECTOR_BYTES)}
          />
        ))}
      </div>
    </figure>
  );
}

export function PartitionTable({ partitions }: { partitions: readonly PartitionInfo[] }): JSX.Element {
  return (
    <PlainTable
      caption={t('flash.partitions')}
      rows={partitions}
      keyOf={({ label, offsetBytes }) => `${label}${offsetBytes}`}
      columns={[
        { name: t('people.name'), cell: ({ label }) => label },
        {
          name: t('flash.kind'),
          cell: ({ kind, encrypted }) => (encrypted ? `${kind} · ${t('flash.encrypted')}` : kind),
        },
        { name: t('flash.offset'), number: true, class: 'mono', cell: ({ offsetBytes }) => hex(offsetBytes) },
        { name: t('flash.size'), number: true, cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
      ]}
    />
  );
}

const covers = (region: Region | undefined, offsetBytes: number): boolean =>
  region?.offsetBytes === offsetBytes;

function describe(partitions: readonly PartitionInfo[], region: Region | undefined): string {
  const names = partitions.map(
    ({ label, offsetBytes, sizeBytes }) => `${label} ${hex(offsetBytes)} ${formatBytes(sizeBytes)}`,
  );
  const target = region === undefined ? '' : ` ${t('flash.target')} ${hex(region.offsetBytes)}`;
  return `${t('flash.partitions')}: ${names.join(', ')}.${target}`;
}
