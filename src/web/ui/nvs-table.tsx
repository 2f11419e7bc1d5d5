// NVS rows as a table: namespace, key, type, value; secrets stay masked.
import type { JSX } from 'preact';
import type { NvsRowInfo } from '../../service/contract/index.js';
import { t } from '../i18n/translate.js';
import { Icon } from './icon.js';

export function NvsTable({ rows }: { rows: readonly NvsRowInfo[] }): JSX.Element {
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={t('nvs.rows')}>
      <table class="table compact">
        <caption class="visually-hidden">{t('nvs.rows')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('nvs.key')}</th>
            <th scope="col">{t('nvs.type')}</th>
            <th scope="col">{t('nvs.value')}</th>
            <th scope="col" class="number">
              {t('nvs.bytes')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ namespace, key, type, value, bytes, secret }) => (
            <tr key={`${namespace}/${key}`}>
              <th scope="row" class="mono nowrap">
                <span class="muted">{namespace}/</span>
                {key}
              </th>
              <td class="mono">{type}</td>
              <td class="mono nvs-value">
                {secret && <Icon name="lock" label={t('nvs.secret')} />} {value}
              </td>
              <td class="number">{bytes ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
