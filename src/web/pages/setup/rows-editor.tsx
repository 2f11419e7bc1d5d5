// Further NVS entries of a product: a row each, with key, type and value.
import type { ComponentChildren, JSX } from 'preact';
import type { Preview } from '../../../service/contract/index.js';
import { t } from '../../i18n/translate.js';
import { SelectField, TextField } from '../../ui/field.js';
import { Icon } from '../../ui/icon.js';
import { findingAt } from './bound.js';
import { getAt, numberOrText, setAt, textAt, type Path, type Settings } from './draft.js';

const ROWS: Path = ['nvs', 'rows'];
const TYPES = ['string', 'u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'hex', 'base64'] as const;
const TEXT_TYPES = new Set(['string', 'hex', 'base64']);

interface RowsEditorProps {
  readonly settings: Settings;
  readonly preview: Preview | undefined;
  readonly onSettings: (settings: Settings) => void;
}

export function RowsEditor(props: RowsEditorProps): JSX.Element {
  const { settings, onSettings } = props;
  const found = getAt(settings, ROWS);
  const rows: readonly unknown[] = Array.isArray(found) ? found : [];
  const put = (next: readonly unknown[]): void => onSettings(setAt(settings, ROWS, next));
  return (
    <section class="card">
      <header>
        <h2>{t('setup.rows')}</h2>
        <button
          type="button"
          class="button"
          onClick={() => put([...rows, { key: '', type: 'string', value: '' }])}
        >
          <Icon name="plus" />
          {t('setup.addRow')}
        </button>
      </header>
      {rows.length === 0 && <p class="muted">{t('setup.rowsHint')}</p>}
      <div class="stack">
        {rows.map((_, index) => (
          <Row
            key={index}
            {...props}
            index={index}
            onRemove={() => put(rows.filter((__, other) => other !== index))}
          />
        ))}
      </div>
    </section>
  );
}

function Row(props: RowsEditorProps & { index: number; onRemove: () => void }): JSX.Element {
  const { settings, preview, index, onSettings, onRemove } = props;
  const at = (field: string): Path => [...ROWS, index, field];
  const findingOf = (field: string): ComponentChildren => findingAt(preview, at(field));
  const type = textAt(settings, at('type'));
  return (
    <div class="nvs-row">
      <TextField
        label={t('nvs.key')}
        mono
        value={textAt(settings, at('key'))}
        finding={findingOf('key')}
        onInput={(text) => onSettings(putField(settings, index, 'key', text))}
      />
      <SelectField
        label={t('nvs.type')}
        value={type}
        options={TYPES.map((value) => ({ value: value, label: value }))}
        onChange={(value) => onSettings(putField(settings, index, 'type', value))}
      />
      <TextField
        label={t('nvs.value')}
        mono
        value={textAt(settings, at('value'))}
        finding={findingOf('value')}
        onInput={(text) =>
          onSettings(putField(settings, index, 'value', TEXT_TYPES.has(type) ? text : numberOrText(text)))
        }
      />
      <button
        type="button"
        class="button quiet icon-only"
        aria-label={t('setup.removeRow', { n: index + 1 })}
        onClick={onRemove}
      >
        <Icon name="trash" />
      </button>
    </div>
  );
}

/** A row keeps its fields while they are empty: an empty value is a value. */
function putField(settings: Settings, index: number, field: string, value: unknown): Settings {
  const row = getAt(settings, [...ROWS, index]);
  return setAt(settings, [...ROWS, index], { ...(row as object), [field]: value });
}
