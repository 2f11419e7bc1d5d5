// Encrypted NVS in a run: the key and the image that fits it go to the board together, and every run after it knows both.
import { describe, expect, it } from 'vitest';
import { flasherArgs, makeBuild } from '../../../test/support/firmware.js';
import { connectTo, MAC, PLAN, PORT, useFlow } from '../../../test/support/flow.js';
import { row, tableBytes } from '../../../test/support/flash-layouts.js';
import { deviceNvsKey } from './nvs-encryption.js';
import { decodeKeyFile, decodeNvs, decryptNvs, deriveNvsKey } from '../../core/nvs/index.js';
import { readBundle } from '../../core/firmware/read-bundle.js';
import { parseProfile } from '../../core/profile/parse.js';
import { parsePsk } from '../../core/psk.js';
import type { VirtualBoard } from '../../virtual/index.js';
import { buildPlan } from '../plan/build-plan.js';
import { checkBoard } from '../ship-check/check-board.js';
import type { ProvisionPlan } from '../plan/plan.js';

const flow = useFlow();
const ROWS = [
  row('nvs', 'nvs', 0x9000, 0x6000),
  row('keys', 'nvs_keys', 0xf000, 0x1000),
  row('fctry', 'nvs', 0x10000, 0x4000),
  row('factory', 'app', 0x20000, 0x100000),
];
const plug = () => flow.plug({ partitionTable: tableBytes(ROWS) });
const PLACE = { partition: 'nvs', force: false };
const ENCRYPTED: ProvisionPlan = {
  ...PLAN,
  target: PLACE,
  encryption: { scheme: 'flash' },
  verify: 'readback',
};
const flashOf = (board: VirtualBoard) => board.flash.read(0, 0x20000);
const keyOn = (board: VirtualBoard) => decodeKeyFile(board.flash.read(0xf000, 0x1000));
const valuesOn = (board: VirtualBoard, key = keyOn(board)) =>
  new Map(
    decodeNvs(decryptNvs(board.flash.read(0x9000, 0x6000), key)).values.map((one) => [one.key, one.value]),
  );

describe('a key of its own for each board', () => {
  it('goes into the key partition, comes from the key of the device, and opens all that is encrypted', async () => {
    const regions = [
      {
        partition: 'fctry',
        nvs: { encrypted: true, rows: [{ key: 'serial', type: 'string' as const, value: '{{mac}}' }] },
      },
    ];
    const board = plug();
    const plan = { ...ENCRYPTED, regions };
    expect(await flow.run(board, { plan })).toMatchObject({ ok: true });
    const psk = String(valuesOn(board).get('psk_secret'));
    expect(keyOn(board)).toEqual(deviceNvsKey(parsePsk(psk)));
    const plain = decodeNvs(decryptNvs(board.flash.read(0x10000, 0x4000), keyOn(board)));
    expect(plain.values).toMatchObject([{ key: 'serial', value: MAC }]);
    const text = Buffer.from(flashOf(board)).toString('latin1');
    expect([text.includes(psk), text.includes('psk_secret'), text.includes(MAC)]).toEqual([
      false,
      false,
      false,
    ]);

    // The same again changes nothing; a board whose key was erased gets the same one back.
    const before = flashOf(board);
    expect(await flow.run(board, { plan })).toMatchObject({ ok: true });
    expect(Buffer.compare(flashOf(board), before)).toBe(0);
    board.flash.bytes.fill(0xff, 0xf000, 0x10000);
    expect(await flow.run(board, { plan })).toMatchObject({ ok: true });
    expect(Buffer.compare(flashOf(board), before)).toBe(0);
    // A new key of the device is another key of its NVS.
    expect(await flow.run(board, { plan: { ...plan, known: 'rotate' } })).toMatchObject({ ok: true });
    expect(keyOn(board)).toEqual(deviceNvsKey(parsePsk(String(valuesOn(board).get('psk_secret')))));
    expect(Buffer.compare(flashOf(board), before)).not.toBe(0);
  });

  it('keeps what the firmware stored under it, and replaces an NVS of another key only when told', async () => {
    const board = plug();
    const merging = { ...ENCRYPTED, layout: { ...PLAN.layout, mode: 'merge' as const } };
    const more = { ...PLAN.layout, rows: [{ key: 'starts', type: 'u32' as const, value: 7 }] };
    expect(await flow.run(board, { plan: { ...ENCRYPTED, layout: more } })).toMatchObject({ ok: true });
    expect(await flow.run(board, { plan: merging })).toMatchObject({ ok: true });
    expect(valuesOn(board).get('starts')).toBe(7);
    const other = {
      ...ENCRYPTED,
      encryption: { scheme: 'hmac' as const, hmacKey: new Uint8Array(32).fill(5) },
    };
    const before = flashOf(board);
    const refused = await flow.run(board, { plan: other });
    expect(refused).toMatchObject({ ok: false, code: 'NVS_REGION_ENCRYPTED' });
    expect(Buffer.compare(flashOf(board), before)).toBe(0);
    const told = { ...other, layout: { ...PLAN.layout, replaceEncrypted: true } };
    expect(await flow.run(board, { plan: told })).toMatchObject({ ok: true });
    expect(valuesOn(board, deriveNvsKey(new Uint8Array(32).fill(5))).has('psk_secret')).toBe(true);
  });

  it('is checked before the board leaves: key, image, and that it is encrypted at all', async () => {
    const board = plug();
    const check = async (): Promise<string[]> => {
      const parts = { connect: connectTo(board), registry: flow.registry };
      const { differences } = await checkBoard(PORT, ENCRYPTED, parts, { onWarning: () => undefined });
      return differences.map(({ message }) => message);
    };
    expect(await flow.run(board, { plan: ENCRYPTED })).toMatchObject({ ok: true });
    expect(await check()).toEqual([]);
    board.flash.bytes.fill(0xff, 0xf000, 0x10000);
    expect(await check()).toEqual([
      'The NVS of the board (nvs) is encrypted with a key that is not the one beside it',
    ]);
    board.flash.bytes.fill(0xff, 0x9000, 0xf000);
    expect(await flow.run(board, { plan: { ...PLAN, target: PLACE } })).toMatchObject({ ok: true });
    expect(await check()).toContain('The NVS of the board (nvs) is plain, and the profile says encrypted');
  });
});

describe('a board that cannot have an encrypted NVS', () => {
  it('is refused before anything is written, where it has no place for the key or the region is half a partition', async () => {
    const board = flow.plug();
    const before = flashOf(board);
    const none = await flow.run(board, { plan: { ...PLAN, encryption: { scheme: 'flash' } } });
    expect(none).toMatchObject({ ok: false, code: 'PARTITION_NOT_FOUND' });
    expect(none.ok ? '' : none.message).toMatch(
      /type data\/nvs_keys for the key of its NVS \(it has: none of that type\); flash the firmware/,
    );
    expect(Buffer.compare(flashOf(board), before)).toBe(0);
    const target = { offsetBytes: 0x9000, sizeBytes: 0x3000, force: false };
    const half = await flow.run(plug(), { plan: { ...ENCRYPTED, target } });
    expect(half).toMatchObject({ ok: false, code: 'NVS_REGION_SHARED' });
  });

  it.each([
    ['{ scheme: flash, column: k }', /belongs to scheme hmac/],
    ['{ scheme: hmac }', /is needed with scheme hmac/],
    ['{ scheme: hmac, hmacKey: env:A, keyPartition: x }', /whose key is in the chip/],
  ])('by its profile already: %s', (encryption, message) => {
    expect(() => parseProfile(`name: x\nnvs: { encryption: ${encryption} }`, 'p')).toThrow(message);
  });

  it('by a key that is none', async () => {
    const profile = parseProfile(
      'name: x\ncaUrl: https://a.b\nnvs: { encryption: { scheme: hmac, hmacKey: env:A } }',
      'p',
    );
    await expect(buildPlan(profile, {}, () => Promise.resolve('5a5a'))).rejects.toThrow(
      /is not 64 hex digits/,
    );
    const plan = await buildPlan(profile, {}, () => Promise.resolve('5A'.repeat(32)));
    expect(plan.encryption?.hmacKey).toEqual(new Uint8Array(32).fill(0x5a));
    const column = profile.nvs.encryption && { ...profile.nvs.encryption, hmacKey: undefined, column: 'k' };
    const own = { ...profile, nvs: { ...profile.nvs, encryption: column } };
    await expect(buildPlan(own, {}, () => Promise.resolve(''))).rejects.toThrow(
      /no secret column of type hex/,
    );
  });
});

it('goes with a firmware that brings its own table', async () => {
  const build = makeBuild({ rows: ROWS });
  const firmware = await readBundle({
    file: 'flasher_args.json',
    bytes: new TextEncoder().encode(flasherArgs(build)),
    read: (path) =>
      Promise.resolve(Object.values(build.files).find((one) => one.path === path)?.bytes ?? new Uint8Array()),
  });
  const board = flow.plug({ partitionTable: 'none' });
  expect(await flow.run(board, { plan: { ...ENCRYPTED, firmware } })).toMatchObject({ ok: true });
  expect(valuesOn(board).has('psk_secret')).toBe(true);
});
