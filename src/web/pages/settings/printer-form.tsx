// The form of one label printer: where it is, how large its labels are, and what they say.
import type { JSX } from 'preact';
import type { Printer } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { SelectField, TextField } from '../../ui/field.js';
import { say } from '../../ui/toasts.js';
import { ActForm } from '../../ui/work.js';

/** All fields as they are typed. */
export interface Draft {
  readonly name: string;
  readonly address: string;
  readonly width: string;
  readonly height: string;
  readonly dpi: '203' | '300' | '600';
  readonly qr: string;
  readonly lines: string;
  readonly list: string;
}

export const EMPTY: Draft = {
  name: '',
  address: '',
  width: '50',
  height: '25',
  dpi: '203',
  qr: '{{uuid}}',
  lines: '{{serial}}\n{{mac}}\n{{uuid}}',
  list: '',
};

export function draftOf({ name, address, template }: Printer): Draft {
  const { widthMm, heightMm, dpi, qr, lines, list = '' } = template;
  const resolution = String(dpi) as Draft['dpi'];
  return {
    name,
    address,
    width: String(widthMm),
    height: String(heightMm),
    dpi: resolution,
    qr,
    lines: lines.join('\n'),
    list,
  };
}

interface PrinterFormProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly onSaved: () => void;
}

export function PrinterForm({ draft, onChange, onSaved }: PrinterFormProps): JSX.Element {
  const { name, address } = draft;
  const save = async (): Promise<void> => {
    await call('putPrinter', { params: { name: name.trim() }, body: bodyOf(draft) });
    say(t('settings.saved'));
    onSaved();
  };
  return (
    <ActForm
      title={t('printer.add')}
      submit={t('setup.save')}
      disabled={name.trim() === '' || address.trim() === ''}
      act={save}
    >
      <Fields draft={draft} onChange={onChange} />
    </ActForm>
  );
}

function bodyOf({ address, width, height, dpi, qr, lines, list }: Draft): Omit<Printer, 'name'> {
  return {
    address: address.trim(),
    template: {
      widthMm: Number(width),
      heightMm: Number(height),
      dpi: Number(dpi) as Printer['template']['dpi'],
      qr,
      lines: lines.split('\n').filter((line) => line.trim() !== ''),
      ...(list.trim() === '' ? {} : { list: list.trim() }),
    },
  };
}

function Fields({ draft, onChange }: Pick<PrinterFormProps, 'draft' | 'onChange'>): JSX.Element {
  const { name, address, width, height, dpi, qr, lines, list } = draft;
  const set = (key: keyof Draft) => (value: string) => {
    onChange({ ...draft, [key]: value });
  };
  return (
    <div class="form-grid">
      <TextField label={t('people.name')} value={name} required onInput={set('name')} />
      <TextField
        label={t('settings.address')}
        mono
        value={address}
        placeholder="tcp://192.168.1.30:9100"
        required
        onInput={set('address')}
      />
      <TextField label={t('printer.width')} type="number" value={width} onInput={set('width')} />
      <TextField label={t('printer.height')} type="number" value={height} onInput={set('height')} />
      <SelectField
        label={t('printer.dpi')}
        value={dpi}
        options={(['203', '300', '600'] as const).map((value) => ({ value, label: value }))}
        onChange={set('dpi')}
      />
      <TextField label={t('printer.qr')} mono value={qr} required onInput={set('qr')} />
      <TextField label={t('printer.list')} hint={t('printer.listHint')} value={list} onInput={set('list')} />
      <div class="wide">
        <TextField
          label={t('printer.lines')}
          hint={t('printer.linesHint')}
          mono
          rows={4}
          value={lines}
          onInput={set('lines')}
        />
      </div>
    </div>
  );
}
