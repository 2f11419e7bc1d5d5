// Further filters of the device list: batch, lot, serial number, station and days, behind one button that says how many are set.
import type { JSX } from 'preact';
import { t } from '../../i18n/translate.js';
import { TextField } from '../../ui/field.js';
import { Icon } from '../../ui/icon.js';
import { countFurther, type Filters } from './filters.js';

interface FilterMenuProps {
  readonly filters: Filters;
  readonly onChange: (change: Partial<Filters>) => void;
}

const LABELS = {
  batch: 'station.batch',
  lot: 'batch.lot',
  serial: 'batch.serial',
  station: 'nav.station',
} as const;

export function FilterMenu({ filters, onChange }: FilterMenuProps): JSX.Element {
  const count = countFurther(filters);
  return (
    <details class="menu filter-menu">
      <summary class="button">
        <Icon name="setup" />
        {count === 0 ? t('devices.filters') : t('devices.filtersSet', { n: count })}
      </summary>
      <div class="menu-body stack">
        {(['batch', 'lot', 'serial', 'station'] as const).map((name) => (
          <TextField
            key={name}
            label={t(LABELS[name])}
            value={filters[name]}
            onInput={(value) => onChange({ [name]: value })}
          />
        ))}
        {(['from', 'to'] as const).map((name) => (
          <TextField
            key={name}
            type="date"
            label={t(`devices.${name}`)}
            value={filters[name]}
            onInput={(value) => onChange({ [name]: value })}
          />
        ))}
        <button
          type="button"
          class="button little"
          disabled={count === 0}
          onClick={() => onChange({ batch: '', lot: '', serial: '', station: '', from: '', to: '' })}
        >
          {t('devices.filtersClear')}
        </button>
      </div>
    </details>
  );
}
