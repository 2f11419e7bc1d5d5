// A label template: size, QR text and lines, filled with what is known of one device. Never a key unless allowed twice.
import { parse } from 'yaml';
import { z } from 'zod';
import { EspmintError } from '../errors/index.js';
import { parsePsk } from '../psk.js';
import { accessPointName, deviceProof, deviceWpsPin } from '../wifi-device-secrets.js';
import { qrPayload } from '../wifi-label.js';
import { ruleOf } from '../schema-words.js';
import type { LabelFont } from './font.js';

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
}

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
});
export type LabelTemplate = z.output<typeof labelTemplateSchema>;

/** @param file name used in messages only. @throws LABEL_INVALID, LABEL_SECRET_REFUSED */
export function parseLabelTemplate(text: string, file: string): LabelTemplate {
  return checkLabelTemplate(readTemplate(text, file), file);
}

/** @param file name used in messages only. @throws LABEL_INVALID, LABEL_SECRET_REFUSED */
export function checkLabelTemplate(template: LabelTemplate, file: string): LabelTemplate {
  for (const part of [template.qr, ...template.lines]) {
    for (const [, name = ''] of part.matchAll(PATTERN)) {
      if (!isName(name)) throw invalid(file, `has the unknown placeholder {{${name}}}`);
    }
  }
  if (showsSecret(template) && !template.secret) {
    throw new EspmintError('LABEL_SECRET_REFUSED', { reason: `${file} does not say "secret: true"` });
  }
  return template;
}

function readTemplate(text: string, file: string): LabelTemplate {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 10, logLevel: 'error' });
  } catch {
    throw invalid(file, 'is not valid YAML');
  }
  const result = labelTemplateSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const rule = issue === undefined ? '' : (ruleOf(issue) ?? issue.message);
  throw invalid(file, `is not accepted: ${issue?.path.join('.') ?? ''} ${rule}`);
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
  const filling: Partial<Record<Name, string | undefined>> = {
    ...values,
    macHex: mac.replaceAll(':', ''),
    ...(values.psk === undefined ? {} : wifiSecrets(values.psk, mac)),
  };
  const valueOf = (name: Name, isOptional: boolean): string => {
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
    text.replace(PATTERN, (whole, name: string, mark: string | undefined) =>
      isName(name) ? drawn(valueOf(name, mark !== undefined), name) : whole,
    );
  const qr = fill(template.qr, (value) => value);
  // Only what is optional can leave nothing.
  if (qr === '') throw new EspmintError('LABEL_VALUE_MISSING', { mac, name: 'qr' });
  const lines = template.lines.map((line, index) =>
    check(fill(line, check).normalize('NFC'), `line ${index + 1}`),
  );
  return { qr, lines };
}
