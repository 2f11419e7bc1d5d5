// NVS rows as a table: namespace, key, type, value; secrets stay masked.
import type { JSX } from 'preact';
import type { NvsRowInfo } from '../../service/contract/index.js';
import { t } from '../i18n/translate.js';
import { Icon } from './icon.js';
import { PlainTable } from './plain-table.js';

export function NvsTable({ rows }: { rows: readonly NvsRowInfo[] }): JSX.Element {
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={t('nvs.rows')}>
      <PlainTable
        caption={t('nvs.rows')}
        rows={rows}
        keyOf={({ namespace, key }) => `${namespace}/${key}`}
        columns={[
          {
            name: t('nvs.key'),
            class: 'mono nowrap',
            cell: ({ namespace, key }) => (
              <>
                <span class="muted">{namespace}/</span>
                {key}
              </>
            ),
          },
          { name: t('nvs.type'), class: 'mono', cell: ({ type }) => type },
          {
            name: t('nvs.value'),
            class: 'mono nvs-value',
            cell: ({ value, secret }) => (
              <>
                {secret && <Icon name="lock" label={t('nvs.secret')} />} {value}
              </>
            ),
          },
          { name: t('nvs.bytes'), number: true, cell: ({ bytes }) => bytes },
        ]}
      />
    </div>
  );
}
