// A label template: size, QR text and lines, filled with what is known of one device. Never a key unless allowed twice.
// Where nobody brings one, the standard template says what identifies the device.
import { z } from 'zod';
import { EspmintError } from '../errors/index.js';
import { parsePsk } from '../psk.js';
import { accessPointName, deviceProof, deviceWpsPin } from '../wifi-device-secrets.js';
import { qrPayload } from '../wifi-label.js';
import type { ValueColumn } from '../values/rows.js';
import type { LabelFont } from './letters.js';

/** What a template may show of a device. */
export interface LabelValues {
  readonly mac: string;
  readonly uuid: string;
  readonly serial?: string | undefined;
  readonly chip?: string | undefined;
  readonly batch?: string | undefined;
  readonly lot?: string | undefined;
  readonly firmwareVersion?: string | undefined;
  readonly hardwareRevision?: string | undefined;
  /** Only given where template and profile allow it. */
  readonly psk?: string | undefined;
  /** Of its row in the list of values that the template names: text by column. */
  readonly columns?: Readonly<Record<string, string>> | undefined;
}

/** A column of a list of values, as far as a label asks for it. */
export type LabelColumn = Pick<ValueColumn, 'name' | 'secret' | 'label' | 'file'>;

const NAMES = [
  'mac',
  'macHex',
  'uuid',
  'serial',
  'chip',
  'batch',
  'lot',
  'firmwareVersion',
  'hardwareRevision',
  'psk',
  'wifiPop',
  'wifiPin',
  'wifiQr',
] as const;
type Name = (typeof NAMES)[number];

/** Made of the key: they may stand only where the key may. */
const SECRET_NAMES: readonly string[] = ['psk', 'wifiPop', 'wifiPin', 'wifiQr'] satisfies readonly Name[];

/** With a question mark the value may be missing. */
const PATTERN = /\{\{\s*(\w+)(\?)?\s*\}\}/g;
const isName = (text: string): text is Name => (NAMES as readonly string[]).includes(text);

/** Names that espmint fills by itself, in `{{…}}`: all others are columns. */
export function columnsShown({ qr, lines }: Pick<LabelTemplate, 'qr' | 'lines'>): string[] {
  const names = [qr, ...lines].flatMap((part) => [...part.matchAll(PATTERN)].map(([, name = '']) => name));
  return [...new Set(names.filter((name) => !isName(name)))];
}

export const labelTemplateSchema = z.strictObject({
  widthMm: z.number().min(10).max(200),
  heightMm: z.number().min(5).max(200),
  /** Dots per inch of the printer. */
  dpi: z.union([z.literal(203), z.literal(300), z.literal(600)]).default(203),
  /** What the QR code says; a scanner must give it back. */
  qr: z.string().min(1).max(300),
  lines: z.array(z.string().max(100)).max(8).default([]),
  /** Whether this label may show the key of the device; the profile must allow it as well. */
  secret: z.boolean().default(false),
  /** The list of values whose columns the label may show; default: that of the profile. */
  list: z.string().min(1).max(64).optional(),
});
export type LabelTemplate = z.output<typeof labelTemplateSchema>;

/**
 * @param file name used in messages only. @param columns of its list of values; absent: there is no list
 * @throws LABEL_INVALID, LABEL_SECRET_REFUSED
 */
export function checkLabelTemplate(
  template: LabelTemplate,
  file: string,
  columns?: readonly LabelColumn[],
): LabelTemplate {
  for (const name of columnsShown(template)) {
    const column = columns?.find((one) => one.name === name);
    if (column === undefined) {
      const where =
        columns === undefined
          ? 'a column needs the name of its list in the template ("list: NAME")'
          : `the columns of its list of values are ${columns.map((one) => one.name).join(', ')}`;
      throw invalid(file, `has the unknown placeholder {{${name}}}; ${where}`);
    }
    if (column.file) throw invalid(file, `shows {{${name}}}, a column whose values are files`);
    if (column.secret && !column.label) throw new EspmintError('LABEL_COLUMN_SECRET', { file, column: name });
  }
  if (showsSecret(template) && !template.secret) {
    throw new EspmintError('LABEL_SECRET_REFUSED', { reason: `${file} does not say "secret: true"` });
  }
  return template;
}

function invalid(file: string, reason: string): EspmintError {
  return new EspmintError('LABEL_INVALID', { file, reason });
}

export function showsSecret({ qr, lines }: LabelTemplate): boolean {
  return [qr, ...lines].some((part) =>
    [...part.matchAll(PATTERN)].some(([, name = '']) => SECRET_NAMES.includes(name)),
  );
}

function wifiSecrets(key: string, mac: string): Pick<Record<Name, string>, 'wifiPop' | 'wifiPin' | 'wifiQr'> {
  const psk = parsePsk(key);
  const proof = deviceProof(psk);
  return {
    wifiPop: proof,
    wifiPin: deviceWpsPin(psk),
    wifiQr: qrPayload({ name: accessPointName(mac), transport: 'softap', proof }),
  };
}

/**
 * The texts of one label.
 *
 * @throws LABEL_VALUE_MISSING for a value that the label shows and nobody knows, LABEL_VALUE_UNDRAWABLE for a line with a
 *   letter that the font does not draw
 */
export function fillLabel(
  template: LabelTemplate,
  values: LabelValues,
  font: Pick<LabelFont, 'draws'>,
): { readonly qr: string; readonly lines: readonly string[] } {
  const { mac } = values;
  const { columns, ...known } = values;
  const filling: Readonly<Record<string, string | undefined>> = {
    ...columns,
    ...known,
    macHex: mac.replaceAll(':', ''),
    ...(values.psk === undefined ? {} : wifiSecrets(values.psk, mac)),
  };
  const valueOf = (name: string, isOptional: boolean): string => {
    const value = (filling[name] ?? '').normalize('NFC').trim();
    if (value === '' && !isOptional) throw new EspmintError('LABEL_VALUE_MISSING', { mac, name });
    return value;
  };
  const check = (text: string, name: string): string => {
    const letter = [...text].find((one) => !font.draws(one));
    if (letter === undefined) return text;
    const code = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const shown = /\p{C}/u.test(letter) ? '' : `"${letter}" `;
    throw new EspmintError('LABEL_VALUE_UNDRAWABLE', { mac, name, letter: `${shown}(U+${code})` });
  };
  const fill = (text: string, drawn: (value: string, name: string) => string): string =>
    text.replace(PATTERN, (_, name: string, mark: string | undefined) =>
      drawn(valueOf(name, mark !== undefined), name),
    );
  const qr = fill(template.qr, (value) => value);
  // Only what is optional can leave nothing.
  if (qr === '') throw new EspmintError('LABEL_VALUE_MISSING', { mac, name: 'qr' });
  const lines = template.lines.map((line, index) =>
    check(fill(line, check).normalize('NFC'), `line ${index + 1}`),
  );
  return { qr, lines };
}

/** Of a common size of thermal labels. The QR code says the UUID, by which the registry finds the device. */
const STANDARD_TEMPLATE: LabelTemplate = {
  widthMm: 50,
  heightMm: 25,
  dpi: 203,
  qr: '{{uuid}}',
  lines: ['{{mac}}', '{{uuid}}'],
  secret: false,
};

/** The standard template, with a line for the versions of this device when it has any. */
export function standardTemplate({ hardwareRevision, firmwareVersion }: LabelValues): LabelTemplate {
  const versions = [
    ...(hardwareRevision === undefined ? [] : ['HW {{hardwareRevision}}']),
    ...(firmwareVersion === undefined ? [] : ['FW {{firmwareVersion}}']),
  ];
  if (versions.length === 0) return STANDARD_TEMPLATE;
  return { ...STANDARD_TEMPLATE, lines: [...STANDARD_TEMPLATE.lines, versions.join(' ')] };
}
