import { describe, expect, it } from 'vitest';
import { FIRMWARE_ROWS, flasherArgs, makeBuild } from '../../../test/support/firmware.js';
import { connectTo, MAC, NVS, PLAN, PORT, pskOn, useFlow, withCalls } from '../../../test/support/flow.js';
import { tableBytes } from '../../../test/support/flash-layouts.js';
import { EspmintError } from '../../core/errors/index.js';
import { readBundle } from '../../core/firmware/read-bundle.js';
import { decodeNvs, encodeNvs, encryptNvs, type NvsRow } from '../../core/nvs/index.js';
import { deviceUuid } from '../../core/uuid.js';
import { parseMac } from '../../core/mac.js';
import type { CheckResult, Registry } from '../../registry/index.js';
import type { VirtualBoard } from '../../virtual/index.js';
import { checkBoard, type BoardCheck } from './check-board.js';
import type { ProvisionPlan } from '../plan/plan.js';

const flow = useFlow();
const UUID = deviceUuid(parseMac(MAC), 'rfc9562');
const OTHER_KEY = '5a'.repeat(16);

function check(
  board: VirtualBoard,
  plan = PLAN,
  registry: Registry | null = flow.registry,
): Promise<BoardCheck> {
  const parts = { connect: connectTo(board), registry: registry ?? undefined };
  return checkBoard(PORT, plan, parts, { onWarning: () => undefined, by: { actor: 'maria' } });
}

const kindsOf = ({ differences }: BoardCheck): string[] => differences.map(({ kind }) => kind);

/** A board that was provisioned as the plan says. */
async function made(plan = PLAN): Promise<VirtualBoard> {
  const board = flow.plug();
  expect(await flow.run(board, { plan })).toMatchObject({ ok: true });
  return board;
}

const rowsOn = (board: VirtualBoard): NvsRow[] => [
  ...decodeNvs(board.flash.read(NVS.offsetBytes, NVS.sizeBytes)).values,
];

function put(board: VirtualBoard, rows: readonly NvsRow[]): void {
  board.flash.bytes.set(encodeNvs(rows, NVS.sizeBytes), NVS.offsetBytes);
}

/** The board's NVS with one text changed; absent: taken away. */
function change(board: VirtualBoard, key: string, value?: string): void {
  const rows = rowsOn(board).filter((row) => !('key' in row) || row.key !== key);
  put(board, value === undefined ? rows : [...rows, { namespace: 'zc', key, type: 'string', value }]);
}

const shipping = (...absent: NonNullable<ProvisionPlan['ship']>['absent']): ProvisionPlan => ({
  ...PLAN,
  ship: { absent },
});

describe('a board that is as it must be', () => {
  it('passes, with what its firmware keeps in the same partition, and nothing on it is changed', async () => {
    const board = await made();
    put(board, [...rowsOn(board), { namespace: 'app', key: 'starts', type: 'u32', value: 7n }]);
    const before = board.flash.read(0, board.flash.sizeBytes);
    const result = await check(board, shipping({ value: '^Factory' }));
    const hex = (digits: number): string => expect.stringMatching(`^[0-9a-f]{${digits}}$`) as string;
    const nvs = { ...NVS, md5: hex(32), sha256: hex(64) };
    expect(result).toEqual({ port: PORT, mac: MAC, uuid: UUID, differences: [], nvs });
    expect(Buffer.compare(board.flash.read(0, board.flash.sizeBytes), before)).toBe(0);
  });

  it('is recorded with who checked it; one that fails too, without its key', async () => {
    const board = await made();
    const recorded: unknown[] = [];
    const registry = withCalls(flow.registry, {
      checked: (mac: string, result: CheckResult, by) =>
        Promise.resolve(void recorded.push([mac, result, by])),
    });
    await check(board, PLAN, registry);
    change(board, 'psk_secret', OTHER_KEY);
    const failed = await check(board, PLAN, registry);
    expect(recorded).toEqual([
      [MAC, { profile: undefined, differences: [] }, { actor: 'maria' }],
      [MAC, { profile: undefined, differences: [failed.differences[0]?.message] }, { actor: 'maria' }],
    ]);
    expect(JSON.stringify([recorded, failed])).not.toContain(OTHER_KEY);
  });

  it('is compared with the profile alone where no registry is', async () => {
    const board = await made();
    expect(kindsOf(await check(board, PLAN, null))).toEqual([]);
    change(board, 'global_uuid', '00000000-0000-5000-8000-000000000000');
    expect(kindsOf(await check(board, PLAN, null))).toEqual(['identity']);
  });

  it('never passes when the registry cannot be asked or cannot record it', async () => {
    const board = await made();
    const down = new EspmintError('INTERNAL', { reason: 'the disk is gone' });
    for (const call of ['compareKey', 'checked', 'show'] as const) {
      const registry = withCalls(flow.registry, { [call]: () => Promise.reject(down) });
      await expect(check(board, PLAN, registry)).rejects.toBe(down);
    }
  });
});

describe('a board that may not leave', () => {
  it('has another key, and neither key is told', async () => {
    const board = await made();
    const right = pskOn(board) ?? '';
    change(board, 'psk_secret', OTHER_KEY);
    const result = await check(board);
    expect(kindsOf(result)).toEqual(['key']);
    expect(result.differences[0]?.message).toBe(
      'zc:psk_secret is another key than the registry has for this board',
    );
    expect(JSON.stringify(result)).not.toContain(right);
    expect(JSON.stringify(result)).not.toContain(OTHER_KEY);
  });

  it('has an earlier key, a key in another form, or none', async () => {
    const board = await made();
    const earlier = pskOn(board) ?? '';
    expect(await flow.run(board, { plan: { ...PLAN, known: 'rotate' } })).toMatchObject({ ok: true });
    expect(kindsOf(await check(board))).toEqual([]);
    change(board, 'psk_secret', earlier);
    expect((await check(board)).differences[0]?.message).toContain('an earlier key of this board');
    change(board, 'psk_secret', ` ${earlier}`);
    expect((await check(board)).differences[0]?.message).toContain('is no key');
    change(board, 'psk_secret');
    expect((await check(board)).differences[0]?.message).toContain('the board has no key');
  });

  it('has no identity, or nothing at all', async () => {
    const stock = flow.plug();
    expect(kindsOf(await check(stock))).toEqual(['registry', 'identity']);
    const blank = flow.plug({ partitionTable: 'none' });
    expect(kindsOf(await check(blank))).toEqual(['registry', 'firmware', 'identity']);
  });

  it('lacks a value of the profile, or has another one', async () => {
    const board = await made();
    change(board, 'ca_service_url', 'https://other.example.com');
    expect(kindsOf(await check(board))).toEqual(['value']);
    change(board, 'ca_service_url');
    expect((await check(board)).differences[0]?.message).toBe('zc:ca_service_url is missing or damaged');
  });

  it('holds an encrypted NVS, of which nobody can tell', async () => {
    const board = await made();
    const plain = board.flash.read(NVS.offsetBytes, NVS.sizeBytes);
    board.flash.bytes.set(
      encryptNvs(
        plain,
        Uint8Array.from({ length: 64 }, (_, index) => index),
      ),
      NVS.offsetBytes,
    );
    expect(kindsOf(await check(board, shipping({ key: 'test_key' })))).toEqual(['unreadable']);
  });

  it('still has the Wi-Fi of the factory, which is named and not shown', async () => {
    const board = await made();
    put(board, [
      ...rowsOn(board),
      { namespace: 'app', key: 'pass', type: 'string', value: 'Factory-secret-9' },
    ]);
    const result = await check(board, shipping({ value: '^Factory' }, { namespace: 'test' }));
    expect(kindsOf(result)).toEqual(['forbidden']);
    expect(result.differences[0]?.message).toContain('app:pass (nvs) is there');
    expect(JSON.stringify(result)).not.toContain('Factory-secret-9');
  });

  it('has other firmware than the bundle, or than the profile expects', async () => {
    const bundleOf = async (version: string): Promise<ProvisionPlan> => {
      const build = makeBuild({ version });
      const files = new Map(Object.values(build.files).map(({ path, bytes }) => [path, bytes]));
      const firmware = await readBundle({
        file: 'flasher_args.json',
        bytes: new TextEncoder().encode(flasherArgs(build)),
        read: (path) => Promise.resolve(files.get(path) ?? new Uint8Array()),
      });
      return { ...PLAN, firmware };
    };
    const plan = await bundleOf('2.1.0');
    const board = flow.plug({ partitionTable: 'none' });
    expect(await flow.run(board, { plan })).toMatchObject({ ok: true });
    expect(kindsOf(await check(board, { ...plan, expect: { firmware: '>=2.1' } }))).toEqual([]);
    const newer = await check(board, await bundleOf('2.2.0'));
    expect(new Set(kindsOf(newer))).toEqual(new Set(['firmware']));
    expect(newer.differences.at(-1)?.message).toContain('The board starts sensor 2.1.0');
    expect(kindsOf(await check(board, { ...plan, expect: { firmware: '>=3' } }))).toEqual(['firmware']);
  });

  it('has another region than the profile says', async () => {
    const regions: ProvisionPlan['regions'] = [
      {
        partition: 'factory_data',
        nvs: { namespace: 'factory', rows: [{ key: 'mac', type: 'string', value: '{{mac}}' }] },
      },
      { partition: 'storage', size: 0x1000, text: 'made for {{mac}}' },
    ];
    const plan = { ...PLAN, regions };
    const board = flow.plug({ partitionTable: 'none' });
    board.flash.bytes.set(tableBytes(FIRMWARE_ROWS), 0x8000);
    expect(await flow.run(board, { plan })).toMatchObject({ ok: true });
    expect(kindsOf(await check(board, plan))).toEqual([]);
    board.flash.bytes[0x1a0000] = 0;
    board.flash.bytes.fill(0xff, 0x12000, 0x16000);
    const result = await check(board, plan);
    expect(kindsOf(result)).toEqual(['region', 'region']);
    expect(result.differences[0]?.message).toBe('factory:mac is missing or damaged');
  });

  it('is a clone with the MAC and the flash of another board', async () => {
    const real = flow.plug({ chip: 'esp32c3', uniqueId: '00112233445566778899aabbccddeeff' });
    expect(await flow.run(real)).toMatchObject({ ok: true });
    const flashContent = real.flash.read(0, real.flash.sizeBytes);
    const clone = flow.plug({ chip: 'esp32c3', uniqueId: 'ff112233445566778899aabbccddeeff', flashContent });
    expect(kindsOf(await check(real))).toEqual([]);
    expect(kindsOf(await check(clone))).toEqual(['registry']);
  });
});

it('needs the registry for what only that knows', async () => {
  const board = flow.plug();
  const rows = [{ key: 'sn', type: 'string' as const, value: '{{serial}}' }];
  const plan = { ...PLAN, layout: { ...PLAN.layout, rows } };
  await expect(check(board, plan, null)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  const listed = { ...PLAN, values: { list: 'x', match: 'next' as const, columns: [] } };
  await expect(check(board, listed)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
});
