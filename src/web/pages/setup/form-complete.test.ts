// The form of a product has a field for each setting that a profile has.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { profileJsonSchema } from '../../../core/profile/schema.js';
import { inMode } from './wifi-form.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/**
 * The version is counted by the service. Written as YAML: steps of one's own on a console, the network that a board has
 * from a list, the key of an encrypted NVS, further regions, what a board must have, and what it must not leave with.
 */
const ELSEWHERE = [
  'version',
  'wifi.console.script',
  'wifi.columns',
  'nvs.encryption',
  'regions',
  'expect',
  'ship',
];

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Settings by path; what is a list or a choice of shapes is one setting. */
function settingsOf({ properties }: Schema, path: readonly string[] = []): string[] {
  const name = path.join('.');
  if (properties === undefined || ELSEWHERE.includes(name)) return [name];
  return Object.entries(properties).flatMap(([key, child]) => settingsOf(child, [...path, key]));
}

it('knows every setting of the schema', () => {
  const text = readdirSync(HERE)
    .filter((name) => name.endsWith('.tsx'))
    .map((name) => readFileSync(join(HERE, name), 'utf8'))
    .join('\n');
  const isBound = (setting: string): boolean => {
    const parts = setting.split('.');
    const key = setting.startsWith('nvs.keys.') ? parts.pop() : undefined;
    const literal = `[${[...parts.map((part) => `'${part}'`), ...(key === undefined ? [] : ['name'])].join(', ')}]`;
    return text.includes(literal) && (key === undefined || text.includes(`'${key}'`));
  };
  const settings = settingsOf(profileJsonSchema() as Schema).filter((name) => !ELSEWHERE.includes(name));
  expect(settings.length).toBeGreaterThan(35);
  expect(settings.filter((setting) => !isBound(setting))).toEqual([]);
});

describe('another way onto Wi-Fi', () => {
  const wifi = {
    ssid: 'Lab',
    password: 'env:X',
    limits: 'standard',
    target: 'both',
    join: { timeoutMs: 9000 },
  };
  const settings = { name: 'lamp', wifi };

  it('keeps the network where one is handed over, and nothing of the mode before', () => {
    const kept = { ...wifi, target: undefined, mode: 'improv' };
    expect(inMode(settings, 'improv')).toEqual({ name: 'lamp', wifi: kept });
  });

  it('drops the network where the firmware gets it later', () => {
    expect(inMode(settings, 'wps')).toEqual({ name: 'lamp', wifi: { mode: 'wps' } });
    const portal = { ...settings, wifi: { mode: 'portal', portal: { security: 2 } } };
    expect(inMode(portal, 'smartconfig')).toEqual({ name: 'lamp', wifi: { mode: 'smartconfig' } });
    expect(inMode(portal, 'static')).toEqual({ name: 'lamp' });
  });
});
