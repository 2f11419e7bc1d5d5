// The list of devices: a table with a sticky head; on a phone each row is a card.
import type { ComponentChildren, JSX } from 'preact';
import type { Device } from '../../../service/contract/index.js';
import { formatAgo, formatExact } from '../../format/format.js';
import { fieldName } from '../../i18n/field-names.js';
import { maybe, t } from '../../i18n/translate.js';
import { go, link } from '../../router.js';
import { useNow } from '../../ui/load.js';
import { Badge, CopyButton, type Tone } from '../../ui/parts.js';
import { useColumns, type OptionalColumn } from './columns.js';
import type { Filters } from './filters.js';

interface DeviceTableProps {
  readonly devices: readonly Device[];
  readonly filters: Filters;
  readonly selected: string | undefined;
  /** Below the last row, inside what scrolls. */
  readonly children: ComponentChildren;
}

const MONO = new Set<OptionalColumn>(['uuid']);

export function DeviceTable({ devices, filters, selected, children }: DeviceTableProps): JSX.Element {
  const columns = useColumns();
  const now = useNow(30_000);
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={t('nav.devices')}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">MAC</th>
            <th scope="col">{t('devices.status')}</th>
            <th scope="col">{t('devices.provisioned')}</th>
            {columns.map((column) => (
              <th key={column} scope="col">
                {fieldName(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {devices.map((device) => (
            <Row key={device.id} {...{ device, columns, filters, now }} selected={selected === device.mac} />
          ))}
        </tbody>
      </table>
      {children}
    </div>
  );
}

interface RowProps {
  readonly device: Device;
  readonly columns: readonly OptionalColumn[];
  readonly filters: Filters;
  readonly now: number;
  readonly selected: boolean;
}

function Row({ device, columns, filters, now, selected }: RowProps): JSX.Element {
  const to = link(['devices', device.mac], { ...filters });
  const { provisionedAt } = device;
  return (
    <tr class="clickable" aria-current={selected} onClick={() => go(to)}>
      <th scope="row" class="nowrap">
        <a class="mono" href={to}>
          {device.mac}
        </a>
        <CopyButton value={device.mac} what="MAC" />
      </th>
      <td data-name={t('devices.status')}>
        <StatusBadge status={device.status} />
      </td>
      <td data-name={t('devices.provisioned')} class="nowrap">
        {provisionedAt !== undefined && (
          <time dateTime={provisionedAt} title={formatExact(provisionedAt)}>
            {formatAgo(provisionedAt, now)}
          </time>
        )}
      </td>
      {columns.map((column) => (
        <td
          key={column}
          data-name={fieldName(column)}
          class={MONO.has(column) ? 'mono nowrap' : ''}
          title={device[column] ?? ''}
        >
          {device[column] ?? ''}
        </td>
      ))}
    </tr>
  );
}

const TONES: Readonly<Record<string, Tone>> = { provisioned: 'pass', pending: 'warn', failed: 'fail' };

export function StatusBadge({ status }: { status: string }): JSX.Element {
  const tone = TONES[status] ?? 'plain';
  return (
    <Badge tone={tone} icon={tone === 'pass' ? 'check' : 'clock'}>
      {maybe(`status.${status}`) ?? status}
    </Badge>
  );
}
