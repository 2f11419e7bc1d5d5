// Which columns the device list has; MAC and status always, the others by choice.
import type { JSX } from 'preact';
import type { Device } from '../../../service/contract/index.js';
import { fieldName } from '../../i18n/field-names.js';
import { t } from '../../i18n/translate.js';
import { setPrefs, usePrefs } from '../../prefs.js';
import { Icon } from '../../ui/icon.js';

const OPTIONAL_COLUMNS = [
  'serial',
  'batch',
  'lot',
  'uuid',
  'firmwareVersion',
  'hardwareRevision',
  'location',
  'wifiSsid',
  'caUrl',
] as const satisfies readonly (keyof Device)[];
export type OptionalColumn = (typeof OPTIONAL_COLUMNS)[number];

export function useColumns(): readonly OptionalColumn[] {
  const { hiddenColumns } = usePrefs();
  return OPTIONAL_COLUMNS.filter((column) => !hiddenColumns.includes(column));
}

export function ColumnChoice(): JSX.Element {
  const { hiddenColumns } = usePrefs();
  const toggle = (column: OptionalColumn): void => {
    const hidden = hiddenColumns.includes(column)
      ? hiddenColumns.filter((other) => other !== column)
      : [...hiddenColumns, column];
    setPrefs({ hiddenColumns: hidden });
  };
  return (
    <details class="menu columns-menu">
      <summary class="button">
        <Icon name="columns" />
        {t('devices.columns')}
      </summary>
      <div class="menu-body">
        {OPTIONAL_COLUMNS.map((column) => (
          <label key={column} class="check">
            <input
              type="checkbox"
              checked={!hiddenColumns.includes(column)}
              onChange={() => toggle(column)}
            />
            {fieldName(column)}
          </label>
        ))}
      </div>
    </details>
  );
}
