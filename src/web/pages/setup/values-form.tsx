// The list that boards take values of their own from: its name, how a board finds its row, and its columns.
import type { JSX } from 'preact';
import { t } from '../../i18n/translate.js';
import { SelectField, TextField } from '../../ui/field.js';
import { Icon } from '../../ui/icon.js';
import { Choice, findingAt, Text, type ProfileFormProps } from './bound.js';
import { getAt, numberOrText, setAt, textAt, type Path } from './draft.js';

const COLUMNS: Path = ['values', 'columns'];
const TYPES = ['string', 'u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'hex', 'base64'] as const;
const FLAGS = ['unique', 'secret', 'file'] as const;

export function ValuesForm(props: ProfileFormProps): JSX.Element {
  const { settings, onSettings } = props;
  const found = getAt(settings, COLUMNS);
  const columns: readonly unknown[] = Array.isArray(found) ? found : [];
  const put = (next: readonly unknown[]): void =>
    onSettings(setAt(settings, COLUMNS, next.length === 0 ? undefined : next));
  return (
    <section class="card stack">
      <header>
        <h2>{t('setup.values')}</h2>
        <button type="button" class="button" onClick={() => put([...columns, { name: '', type: 'string' }])}>
          <Icon name="plus" />
          {t('setup.addColumn')}
        </button>
      </header>
      <p class="muted small">{t('setup.valuesHint')}</p>
      {columns.length > 0 && (
        <div class="form-grid">
          <Text {...props} path={['values', 'list']} label="values.list" />
          <Choice
            {...props}
            path={['values', 'match']}
            label="setup.match"
            options={['next', 'mac', 'serial', 'uuid', 'batch']}
          />
        </div>
      )}
      <div class="stack">
        {columns.map((_, index) => (
          <Column
            key={index}
            {...props}
            index={index}
            onRemove={() => put(columns.filter((__, other) => other !== index))}
          />
        ))}
      </div>
    </section>
  );
}

function Column(props: ProfileFormProps & { index: number; onRemove: () => void }): JSX.Element {
  const { settings, preview, index, onSettings, onRemove } = props;
  const at = (field: string): Path => [...COLUMNS, index, field];
  return (
    <div class="nvs-row">
      <TextField
        label={t('values.column')}
        mono
        value={textAt(settings, at('name'))}
        finding={findingAt(preview, at('name'))}
        onInput={(text) => {
          // A column keeps its name field while that is empty.
          const column = { ...(getAt(settings, [...COLUMNS, index]) as object), name: text };
          onSettings(setAt(settings, [...COLUMNS, index], column));
        }}
      />
      <SelectField
        label={t('nvs.type')}
        value={textAt(settings, at('type')) || 'string'}
        options={TYPES.map((value) => ({ value: value, label: value }))}
        onChange={(value) => onSettings(setAt(settings, at('type'), value))}
      />
      <div class="row">
        {FLAGS.map((flag) => (
          <label key={flag} class="check">
            <input
              type="checkbox"
              checked={getAt(settings, at(flag)) === true}
              onChange={(event) =>
                onSettings(setAt(settings, at(flag), event.currentTarget.checked ? true : undefined))
              }
            />
            {t(`values.${flag}`)}
          </label>
        ))}
        <TextField
          label={t('values.width')}
          value={textAt(settings, at('width'))}
          finding={findingAt(preview, at('width'))}
          onInput={(text) => onSettings(setAt(settings, at('width'), numberOrText(text)))}
        />
      </div>
      <button
        type="button"
        class="button quiet icon-only"
        aria-label={t('setup.removeColumn', { n: index + 1 })}
        onClick={onRemove}
      >
        <Icon name="trash" />
      </button>
    </div>
  );
}
