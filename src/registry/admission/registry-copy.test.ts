import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { isEspmintError } from '../../core/errors/index.js';
import { RegistryCopy, type RegistryFacts } from './registry-copy.js';

const root = mkdtempSync(join(tmpdir(), 'espmint-copy-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const FACTS: RegistryFacts = {
  registryId: 'k1',
  masterIds: ['0a0b0c0d'],
  entries: [
    { list: 'deny', entry: 'a4:cf:12:00:00:10..a4:cf:12:00:00:1f', reason: 'stolen' },
    { list: 'allow', entry: 'a4:cf:12:00:00:00..a4:cf:12:00:00:ff', reason: '' },
    { list: 'allow', entry: '110e3dc9-fa05-568f-a05a-98d008910001', reason: '' },
  ],
  removed: ['a4:cf:12:00:00:02'],
};
const board = (tail: string, last = '9') => ({
  mac: `a4:cf:12:00:${tail}`,
  uuid: `110e3dc9-fa05-568f-a05a-98d00891000${last}`,
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'data-'));
});
const fileOf = (id = 'k1'): string => join(folder, 'registries', `${id}.json`);

async function made(facts: RegistryFacts = FACTS, address = 'db'): Promise<RegistryCopy> {
  const copy = new RegistryCopy(folder, address);
  copy.renew(() => Promise.resolve(facts));
  await copy.settled();
  return copy;
}

/** The code of the refusal, or `welcome`. */
function ask(
  copy: RegistryCopy,
  who: ReturnType<typeof board>,
  policy: 'keep' | 'rotate' = 'keep',
): Promise<string> {
  return copy.check(who, policy).then(
    () => 'welcome',
    (error: unknown) => (isEspmintError(error) ? error.code : String(error)),
  );
}

describe("a station's copy of its registry", () => {
  it('decides as the registry would, by MAC, range, UUID and tombstone', async () => {
    const copy = await made();
    expect(await ask(copy, board('00:01'))).toBe('welcome');
    expect(await ask(copy, board('00:1f'))).toBe('DEVICE_DENIED');
    expect(await ask(copy, board('00:1f', '1'))).toBe('DEVICE_DENIED');
    expect(await ask(copy, board('01:00'))).toBe('DEVICE_NOT_ALLOWED');
    expect(await ask(copy, board('01:00', '1'))).toBe('welcome');
    expect(await ask(copy, board('00:02'))).toBe('DEVICE_REMOVED');
    expect(await ask(copy, board('00:02'), 'rotate')).toBe('welcome');
  });

  it('says how old it is, in the refusal too, and is for its owner only', async () => {
    const copy = await made();
    const at = (await copy.at()) ?? '';
    expect(Math.abs(Date.now() - Date.parse(at))).toBeLessThan(60_000);
    await expect(copy.check(board('00:10'), 'keep')).rejects.toThrow(at);
    expect(statSync(fileOf()).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'registries'))).toEqual(['k1.json']);
  });

  it('stays as it was when it cannot be renewed, and is not renewed with every call', async () => {
    const copy = await made();
    const at = await copy.at();
    let reads = 0;
    copy.renew(() => Promise.resolve({ ...FACTS, removed: [String((reads += 1))] }));
    await copy.settled();
    expect(reads).toBe(0);
    const other = new RegistryCopy(folder, 'db');
    other.renew(() => Promise.reject(new Error('the registry is gone')));
    await other.settled();
    expect(await copy.at()).toBe(at);
  });

  it('is known by each address that the registry was reached by, and counts for no other registry', async () => {
    await made();
    await made(FACTS, 'db.example.com');
    await made({ ...FACTS, registryId: 'k2', entries: [] }, 'another');
    for (const address of ['db', 'db.example.com'])
      expect(await ask(new RegistryCopy(folder, address), board('00:1f'))).toBe('DEVICE_DENIED');
    expect(await ask(new RegistryCopy(folder, 'another'), board('00:1f'))).toBe('welcome');
    expect(await new RegistryCopy(folder, 'never').find()).toBeUndefined();
  });

  it('is the one of the registry that was last at an address', async () => {
    await made();
    await made({ ...FACTS, registryId: 'k2', entries: [] });
    expect(await new RegistryCopy(folder, 'db').find()).toMatchObject({ registryId: 'k2' });
  });

  it('lets no board in where it cannot be read, was changed by a single character, or is gone', async () => {
    const copy = await made();
    const whole = readFileSync(fileOf(), 'utf8');
    const spoiled = [
      '{"at": "20',
      '',
      'null',
      '{"sha256": "00", "copy": null}',
      whole.replace('00:1f', '00:1e'),
      whole.replace('"deny"', '"allow"'),
    ];
    for (const text of spoiled) {
      writeFileSync(fileOf(), text);
      expect(await ask(copy, board('00:1f'))).toBe('ADMISSION_LISTS_UNREADABLE');
      expect(await ask(new RegistryCopy(folder, 'db'), board('00:01'))).toBe('ADMISSION_LISTS_UNREADABLE');
    }
    rmSync(fileOf());
    expect(await ask(copy, board('00:01'))).toBe('ADMISSION_LISTS_UNREADABLE');
  });
});
