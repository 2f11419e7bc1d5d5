// The form of a new batch.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { go, link } from '../../router.js';
import { useStore } from '../../store/store.js';
import { SelectField, TextField } from '../../ui/field.js';
import { ActForm } from '../../ui/work.js';
import { NoProduct } from '../setup/no-product.js';

const OPTIONAL = ['lot', 'hardwareRevision', 'firmwareVersion', 'location', 'serialTemplate'] as const;
type Field = 'name' | 'quantity' | (typeof OPTIONAL)[number];
const HINTS: Partial<Record<Field, string>> = { serialTemplate: 'ZC-{0000}' };

type Values = Readonly<Partial<Record<Field, string>>>;

export function CreateBatch({ onCreated }: { onCreated: () => void }): JSX.Element {
  const loaded = useStore((state) => state.profiles);
  const profiles = loaded ?? [];
  const [chosen, setChosen] = useState('');
  const [values, setValues] = useState<Values>({});
  const profile = chosen === '' ? (profiles[0]?.name ?? '') : chosen;
  const { name = '', quantity = '' } = values;
  const create = async (): Promise<void> => {
    await call('createBatch', { body: { ...bodyOf(values), profile: { name: profile } } });
    onCreated();
    go(link(['batches', name.trim()]));
  };
  const set = (field: Field, value: string): void => {
    setValues((before) => ({ ...before, [field]: value }));
  };
  if (loaded?.length === 0) {
    return (
      <section class="card">
        <NoProduct />
      </section>
    );
  }
  return (
    <ActForm
      title={t('batch.new')}
      submit={t('batch.create')}
      disabled={name.trim() === '' || !(Number(quantity) > 0) || profile === ''}
      act={create}
    >
      <div class="form-grid">
        <SelectField
          label={t('station.product')}
          value={profile}
          options={profiles.map((saved) => ({
            value: saved.name,
            label: `${saved.name} · r${saved.version}`,
          }))}
          onChange={setChosen}
        />
        {(['name', 'quantity', ...OPTIONAL] as const).map((field) => (
          <BatchField key={field} field={field} values={values} onInput={set} />
        ))}
      </div>
    </ActForm>
  );
}

/** What was said; what was left empty is left out. */
function bodyOf(values: Values): Partial<Record<(typeof OPTIONAL)[number], string>> & {
  name: string;
  quantity: number;
} {
  const said = OPTIONAL.flatMap((field) => {
    const text = values[field]?.trim() ?? '';
    return text === '' ? [] : [[field, text] as const];
  });
  const { name = '', quantity = '' } = values;
  return { ...Object.fromEntries(said), name: name.trim(), quantity: Number(quantity) };
}

interface BatchFieldProps {
  readonly field: Field;
  readonly values: Values;
  readonly onInput: (field: Field, value: string) => void;
}

function BatchField({ field, values, onInput }: BatchFieldProps): JSX.Element {
  return (
    <TextField
      label={t(`batch.${field}`)}
      value={values[field] ?? ''}
      type={field === 'quantity' ? 'number' : 'text'}
      required={field === 'name' || field === 'quantity'}
      placeholder={HINTS[field] ?? ''}
      onInput={(value) => onInput(field, value)}
    />
  );
}
