// Values of its own for each board: a list taken in whole, each row given once, over runs, processes and hands.
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { inflateSync } from 'node:zlib';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeNvs } from '../../src/core/nvs/index.js';
import { parseProfile } from '../../src/core/profile/parse.js';
import { profileSchema, type Profile } from '../../src/core/profile/schema.js';
import type { Admission } from '../../src/provision/admission.js';
import { provisionDevice, buildPlan } from '../../src/provision/index.js';
import { type Registry, Store, type Values } from '../../src/registry/index.js';
import { createApp } from '../../src/service/app.js';
import { CodeQueue } from '../../src/station/index.js';
import { createVirtualBoard } from '../../src/virtual/index.js';
import { runInProcess, startVirtual, type InProcessRun } from '../support/cli-in-process.js';
import { cuttable } from '../support/cuttable.js';
import { row, tableBytes } from '../support/flash-layouts.js';
import { connectTo } from '../support/flow.js';
import { createBench, type TestBench } from '../support/service-bench.js';
import { asForeignProgram } from './foreign-program.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-values-'));
const dataDir = join(folder, 'data');
const profileFile = join(folder, 'sensor.yaml');
const PROFILE = (list: string, match = 'next'): string => `
name: sensor
caUrl: https://ca.example.com:8443
values:
  list: ${list}
  match: ${match}
  columns:
    - { name: passcode, type: u32, unique: true, secret: true }
    - { name: blob, type: hex }
    - { name: cert, file: true }
    - { name: sku, width: 8 }
nvs:
  rows:
    - { key: pass, type: u32, value: '{{passcode}}' }
    - { key: sku, type: string, value: 'SKU {{sku}}' }
    - { key: blob, type: hex, value: '{{blob}}' }
    - { key: blob64, type: base64, value: '{{blob}}' }
    - { key: cert, type: base64, value: '{{cert}}' }
`;

let store: Store;
let registry: Registry;
let values: Values;

beforeAll(async () => {
  store = await Store.open({ dataDir });
  registry = await store.registry();
  values = store.values();
  for (const n of [1, 2, 3]) writeFileSync(join(folder, `cert-${n}.der`), Buffer.alloc(300, n));
});
afterAll(async () => {
  await values.close();
  await registry.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const cli = (...args: string[]): Promise<InProcessRun> => runInProcess([...args, '--data-dir', dataDir]);

function importCsv(list: string, lines: readonly string[], match?: string): Promise<InProcessRun> {
  writeFileSync(profileFile, PROFILE(list, match));
  writeFileSync(join(folder, 'values.csv'), lines.join('\n'));
  return cli('values', 'import', join(folder, 'values.csv'), '--profile', profileFile);
}

async function run(
  mac: string,
  list: string,
  match = 'next',
  scanned?: CodeQueue,
  lists = values,
): ReturnType<typeof provisionDevice> {
  const board = createVirtualBoard({ mac });
  const profile: Profile = profileSchema.parse((await import('yaml')).parse(PROFILE(list, match)));
  const plan = await buildPlan(profile, { attempts: 1 }, () => Promise.reject(new Error('no secret')));
  const result = await provisionDevice('virtual://board', plan, {
    connect: connectTo(board),
    registry,
    values: lists,
    scanned,
  });
  held.set(
    mac,
    new Map(decodeNvs(board.flash.read(0x9000, 0x10000)).values.map(({ key, value }) => [key, value])),
  );
  board.dispose();
  return result;
}
const held = new Map<string, Map<string, unknown>>();
const settled = (): Promise<void> => Promise.resolve();
const MAC = (n: number): string => `a4:cf:12:00:00:0${n}`;

describe('a list of values', () => {
  it('gives each board a row of its own, kept over runs, in every kind of NVS row', async () => {
    const taken = await importCsv('one', [
      'passcode,sku,blob,cert',
      '20202021,A-1,00:ff:10,cert-1.der',
      '34567890,A-2,0aff10,cert-2.der',
    ]);
    expect(taken.stdout).toContain('2 rows imported into the list "one"');
    expect((await run(MAC(1), 'one')).ok).toBe(true);
    expect((await run(MAC(2), 'one')).ok).toBe(true);
    const first = held.get(MAC(1));
    expect(first?.get('pass')).toBe(20202021);
    expect(first?.get('sku')).toBe('SKU A-1');
    expect(first?.get('blob')).toEqual(new Uint8Array([0, 0xff, 0x10]));
    expect(first?.get('blob64')).toEqual(new Uint8Array([0, 0xff, 0x10]));
    expect(first?.get('cert')).toEqual(new Uint8Array(300).fill(1));
    expect(held.get(MAC(2))?.get('pass')).toBe(34567890);
    expect((await run(MAC(1), 'one')).ok).toBe(true);
    expect(held.get(MAC(1))?.get('pass')).toBe(20202021);
    expect(await run(MAC(3), 'one')).toMatchObject({ ok: false, code: 'VALUE_ROWS_USED_UP' });
  });

  it('tells which row a board has without giving it one', async () => {
    const row = await values.held('one', MAC(2));
    expect(row?.number).toBe(2);
    expect(row?.stored['passcode']).toBe('34567890');
    expect(JSON.stringify(row)).not.toContain('34567890');
    expect(await values.held('one', MAC(3))).toBeUndefined();
    await expect(values.held('nowhere', MAC(1))).rejects.toMatchObject({ code: 'VALUE_LIST_UNKNOWN' });
  });

  it('seals what is secret, and shows the rest', async () => {
    const { stdout } = await cli('values', 'show', 'one', '--json');
    expect(stdout).toMatch(/"number":1,"state":"used","mac":"a4:cf:12:00:00:01"/);
    expect(stdout).toContain('A-2');
    expect(stdout).not.toMatch(/20202021|34567890/);
    const dump = await asForeignProgram(dataDir, (client) =>
      client.query('select open_values::text || coalesce(sealed, $1) as text from value_rows', ['']),
    );
    expect(JSON.stringify(dump)).not.toMatch(/20202021|34567890/);
    expect((await cli('values', 'list')).stdout).toContain(
      '0 free, 0 reserved, 2 used, 0 shared, 0 scrapped, 0 returned',
    );
  });

  it('stands on labels and in exports by its columns, what is secret only on a label that may show it', async () => {
    const exported = await cli('devices', 'export', '--values', 'one');
    const [head, ...lines] = exported.stdout.trim().split('\r\n');
    expect(head).toMatch(/,values\.blob,values\.cert,values\.sku$/);
    expect(lines.find((line) => line.startsWith(MAC(2)))).toMatch(/,0aff10,AgIC[+/=\w]+,A-2$/);
    expect(lines.find((line) => line.startsWith(MAC(3))) ?? ',,,').toMatch(/,,,$/);
    const jsonl = await cli('devices', 'export', '--values', 'one', '--format', 'jsonl');
    expect(jsonl.stdout).toContain('"values.sku":"A-1"');
    const all = join(folder, 'all.jsonl');
    writeFileSync(all, jsonl.stdout);
    expect((await cli('devices', 'import', all, '--dry-run')).stdout).toContain(
      '0 added, 0 changed, 2 unchanged',
    );
    expect(exported.stdout + jsonl.stdout).not.toMatch(/20202021|34567890/);
    expect((await cli('devices', 'export', '--values', 'none')).stderr).toContain('no list of values "none"');

    const label = async (
      text: string,
      ...more: string[]
    ): Promise<InProcessRun & { readonly zpl: string }> => {
      writeFileSync(join(folder, 'label.yaml'), `widthMm: 60\nheightMm: 30\nqr: '${text}'\n`);
      const out = join(folder, 'label.zpl');
      rmSync(out, { force: true });
      const ran = await cli('label', MAC(2), '--template', join(folder, 'label.yaml'), '--out', out, ...more);
      return { ...ran, zpl: existsSync(out) ? readFileSync(out, 'utf8') : '' };
    };
    expect((await label('SKU {{sku}}', '--profile', profileFile)).zpl).toContain('SKU A-2');
    expect((await label("{{sku}}'\nlist: 'one")).zpl).toContain('A-2');
    expect((await label('{{sku}}')).stderr).toMatch(
      /unknown placeholder \{\{sku\}\}; a column needs the name of its list/,
    );
    expect((await label('{{skew}}', '--profile', profileFile)).stderr).toMatch(
      /\{\{skew\}\}; the columns .* passcode, blob/,
    );
    expect((await label('{{cert}}', '--profile', profileFile)).stderr).toContain('whose values are files');
    const refused = await label('{{passcode}}', '--profile', profileFile);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('label: true beside secret: true'),
    ]);
    // The remedy that it names.
    const open = PROFILE('one').replace('secret: true }', 'secret: true, label: true }');
    writeFileSync(profileFile, open);
    expect((await label('{{passcode}}', '--profile', profileFile)).zpl).toContain('34567890');
    const { rows } = await asForeignProgram(dataDir, (client) =>
      client.query<{ detail: unknown }>(`select detail from events where kind = 'key revealed'`),
    );
    expect(rows.map(({ detail }) => detail)).toMatchObject([{ list: 'one', row: 2, columns: ['passcode'] }]);
  });

  it('gives a returned row to another board, and a scrapped one to none', async () => {
    expect((await cli('values', 'return', 'one', '2', '--reason', 'erased')).code).toBe(0);
    expect((await run(MAC(4), 'one')).ok).toBe(true);
    expect(held.get(MAC(4))?.get('pass')).toBe(34567890);
    expect((await cli('values', 'scrap', 'one', '1', '--reason', 'broken')).code).toBe(0);
    expect(await run(MAC(5), 'one')).toMatchObject({ ok: false, code: 'VALUE_ROWS_USED_UP' });
    const again = await cli('values', 'return', 'one', '1', '--reason', 'x');
    expect(again.stderr).toMatch(
      /Row 1 of the list "one" is scrapped; look at its rows with espmint values show/,
    );
  });

  it('gives the row that names the board by its MAC, and no other', async () => {
    await importCsv('named', ['mac,passcode,sku,blob,cert', `${MAC(7)},7,B,00,cert-3.der`], 'mac');
    expect(await run(MAC(6), 'named', 'mac')).toMatchObject({ ok: false, code: 'VALUE_ROW_MISSING' });
    expect((await run(MAC(7), 'named', 'mac')).ok).toBe(true);
    expect(held.get(MAC(7))?.get('pass')).toBe(7);
  });

  it('gives the row whose code was scanned first, and keeps a code that nobody took', async () => {
    const codes = new CodeQueue();
    await importCsv(
      'scanned',
      [
        'scan,passcode,sku,blob,cert',
        'BOX-1,1,A,00,cert-1.der',
        'BOX-2,2,B,00,cert-1.der',
        'BOX-3,3,C,00,cert-1.der',
      ],
      'scan',
    );
    const unscanned = await run(MAC(1), 'scanned', 'scan', codes);
    expect(unscanned).toMatchObject({ ok: false, code: 'VALUE_ROW_NOT_SCANNED' });
    codes.add('BOX-2');
    expect((await run(MAC(1), 'scanned', 'scan', codes)).ok).toBe(true);
    expect(held.get(MAC(1))?.get('pass')).toBe(2);
    codes.add('BOX-9');
    expect(await run(MAC(2), 'scanned', 'scan', codes)).toMatchObject({
      ok: false,
      code: 'VALUE_ROW_MISSING',
    });
    codes.add('BOX-1');
    // A board that has its row needs no code, and takes none from the next one.
    expect((await run(MAC(1), 'scanned', 'scan', codes)).ok).toBe(true);
    expect((await run(MAC(2), 'scanned', 'scan', codes)).ok).toBe(true);
    expect(held.get(MAC(2))?.get('pass')).toBe(1);
    const plan = (row: string, match: string): ReturnType<typeof buildPlan> =>
      buildPlan(parseProfile(PROFILE('scanned', match), 'p'), { row }, () => Promise.resolve(''));
    expect((await plan(' BOX-3 ', 'scan')).given.row).toBe('BOX-3');
    await expect(plan('BOX-3', 'next')).rejects.toThrow('write match: scan below values');
    expect((await values.rows('scanned', { state: 'used' })).map(({ wanted }) => wanted)).toEqual([
      'scan BOX-1',
      'scan BOX-2',
    ]);
  });

  it('gives the row whose code was scanned at a terminal station, and holds a board without one', async () => {
    const lines = ['CARTON-1,1,A,00,cert-1.der', 'CARTON-2,2,B,00,cert-1.der'];
    await importCsv('cartons', ['scan,passcode,sku,blob,cert', ...lines], 'scan');
    const mac = 'a4:cf:12:00:00:5a';
    const bench = await startVirtual(['--listen', 'rfc2217://127.0.0.1:0', '--mac', mac]);
    const stdin = new PassThrough();
    let said = '';
    const station = runInProcess(
      [
        ...['station', '--port', ...bench.urls, '--profile', profileFile, '--data-dir', dataDir],
        ...['--start', 'key', '--retries', '0', '--json'],
      ],
      { stdin, onStdout: (text) => (said += text) },
    );
    const says = (text: RegExp): Promise<void> => expect.poll(() => said, { timeout: 20_000 }).toMatch(text);
    await says(/"state":"waiting"/);
    stdin.write('\n');
    await says(/VALUE_ROW_NOT_SCANNED/);
    stdin.write('CARTON-2\ns1\n');
    await says(/"state":"passed"/);
    stdin.write('q\n');
    expect((await station).code).toBe(0);
    await bench.close();
    expect(await values.rows('cartons', { state: 'used' })).toMatchObject([{ number: 2, mac }]);
    expect((await values.rows('cartons', { state: 'free' })).map(({ number }) => number)).toEqual([1]);
  });

  it('gives no row twice to boards that come at once', async () => {
    const lines = Array.from({ length: 40 }, (_, n) => `${n + 1},C,00,cert-1.der`);
    await importCsv('many', ['passcode,sku,blob,cert', ...lines]);
    const macs = Array.from({ length: 40 }, (_, n) => `a4:cf:13:00:00:${n.toString(16).padStart(2, '0')}`);
    const claim = (mac: string): Promise<{ number: number }> =>
      values.claim({ list: 'many', match: 'next', mac, uuid: 'u' });
    const numbers = await Promise.all([...macs, ...macs].map(claim));
    expect(new Set(numbers.map(({ number }) => number)).size).toBe(40);
    const firsts = numbers.slice(0, 40);
    expect(numbers.slice(40).map(({ number }) => number)).toEqual(firsts.map(({ number }) => number));
  });

  it.each([
    [
      'a width that is too small',
      ['passcode,sku,blob,cert', '1,much too wide,00,cert-1.der'],
      /:2: sku has 13 bytes, more than its width of 8/,
    ],
    [
      'a column that is not declared',
      ['passcode,sku,blob,cert,extra', '1,A,00,cert-1.der,x'],
      /:2: the column "extra" is not declared/,
    ],
    [
      'a value that is there twice',
      ['passcode,sku,blob,cert', '1,A,00,cert-1.der', '1,B,00,cert-1.der'],
      /:3: its passcode stands in line 2 already/,
    ],
    ['a file that is not there', ['passcode,sku,blob,cert', '1,A,00,none.der'], /none\.der cannot be read/],
    [
      'a number that is none',
      ['passcode,sku,blob,cert', '4294967296,A,00,cert-1.der'],
      /:2: passcode is outside u32/,
    ],
    ['a missing column', ['passcode,sku,blob', '1,A,00'], /:2: there is no column cert/],
  ])('is refused whole for %s', async (_, lines, message) => {
    const refused = await importCsv('bad', lines);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(message);
    expect(refused.stderr).toMatch(/nothing of it was taken/);
    expect((await cli('values', 'list')).stdout).not.toContain('bad');
  });

  it.each(['waits for a row', 'waits for the database'])(
    'leaves nothing of an import that is stopped while it %s',
    async (state) => {
      const columns = [{ name: 'sku', type: 'string', secret: false, unique: true, file: false }] as never;
      const stop = new AbortController();
      const read = async function* () {
        yield { line: 2, values: { sku: 'A' } };
        setTimeout(() => stop.abort(), 50);
        if (state === 'waits for a row') await new Promise(() => undefined);
      };
      await asForeignProgram(dataDir, async (client) => {
        await client.query('begin; lock table value_marks in exclusive mode');
        await expect(
          values.add('stopped', columns, read, { file: 'a.csv', signal: stop.signal }),
        ).rejects.toMatchObject({ code: 'CANCELLED' });
        await client.query('rollback');
      });
      expect((await values.lists()).map(({ name }) => name)).not.toContain('stopped');
    },
  );

  it('is taken in however long that takes, whatever limit the role has for a transaction', async () => {
    await asForeignProgram(dataDir, (client) =>
      client.query("alter role espmint set transaction_timeout = '100ms'"),
    );
    const own = await Store.open({ dataDir });
    const slow = own.values();
    try {
      const read = async function* () {
        await new Promise((resolve) => setTimeout(resolve, 300));
        yield { line: 2, values: { sku: 'A' } };
      };
      const columns = [{ name: 'sku', type: 'string', secret: false, unique: true, file: false }] as never;
      expect(await slow.add('slow', columns, read, { file: 'a.csv' })).toBe(1);
    } finally {
      await asForeignProgram(dataDir, (client) =>
        client.query('alter role espmint reset transaction_timeout'),
      );
      await slow.close();
      await own.close();
    }
  });

  it('is refused whole for a double MAC, in one file and in two', async () => {
    const head = 'mac,passcode,sku,blob,cert';
    const twice = await importCsv(
      'macs',
      [head, `${MAC(8)},1,A,00,cert-1.der`, `${MAC(8)},2,A,00,cert-1.der`],
      'mac',
    );
    expect(twice.stderr).toMatch(/:3: its mac stands in line 2 already/);
    expect((await importCsv('macs', [head, `${MAC(8)},1,A,00,cert-1.der`], 'mac')).code).toBe(0);
    const later = await importCsv(
      'macs',
      [head, `${MAC(9)},3,A,00,cert-1.der`, `${MAC(8)},2,A,00,cert-1.der`],
      'mac',
    );
    expect(later.stderr).toMatch(/:3: its mac is in the list "macs" already/);
    const rows = await values.rows('macs');
    expect(rows.map((row) => Object.keys(row.values))).toEqual([['blob', 'cert', 'sku']]);
  });
});

describe('a Matter device', () => {
  it('gets its factory data in a whole run as the tool of esp-matter writes it, and its codes on the label', async () => {
    const fixture = JSON.parse(
      readFileSync(new URL('../fixtures/matter/esp-matter-mfg-tool.json', import.meta.url), 'utf8'),
    ) as { mac: string; row: Record<string, string>; imageDeflated: string };
    const { mac, row: own } = fixture;
    const home = join(folder, 'matter');
    mkdirSync(home);
    const cells = Object.entries(own).map(([name, text]) => {
      if (!/_(cert|key|dclrn)$|pub_key/.test(name)) return text;
      writeFileSync(join(home, `${name}.bin`), Buffer.from(text, 'base64'));
      return `${name}.bin`;
    });
    const profile = join(home, 'matter.yaml');
    writeFileSync(join(home, 'rows.csv'), `${Object.keys(own).join(',')}\n${cells.join(',')}\n`);
    expect((await cli('profile', 'init', '--matter', profile)).code).toBe(0);
    const taken = await cli('values', 'import', join(home, 'rows.csv'), '--profile', profile);
    expect(taken.stdout, taken.stderr).toContain('1 row imported into the list "matter-sensor"');
    const rows = [row('nvs', 'nvs', 0x9000, 0x6000), row('fctry', 'nvs', 0x10000, 0x6000)];
    const board = createVirtualBoard({ mac, partitionTable: tableBytes(rows) });
    const plan = await buildPlan(parseProfile(readFileSync(profile, 'utf8'), profile), { attempts: 1 }, () =>
      Promise.resolve(''),
    );
    const parts = { connect: connectTo(board), registry, values };
    expect(await provisionDevice('virtual://board', plan, parts)).toMatchObject({ ok: true });
    const image = inflateSync(Buffer.from(fixture.imageDeflated, 'base64'));
    expect(Buffer.from(board.flash.read(0x10000, 0x6000)).equals(image)).toBe(true);
    board.dispose();
    const out = join(home, 'label.zpl');
    writeFileSync(
      join(home, 'label.yaml'),
      "widthMm: 40\nheightMm: 25\nqr: '{{qr_code}}'\nlines: ['{{manual_code}}', '{{mac}}']\n",
    );
    await cli('label', mac, '--template', join(home, 'label.yaml'), '--profile', profile, '--out', out);
    const label = readFileSync(out, 'utf8');
    expect(own['qr_code']).toMatch(/^MT:/);
    for (const code of [own['qr_code'], own['manual_code'], mac]) expect(label).toContain(code);
  });
});

describe('a list over HTTP', () => {
  const HEAD = 'code,pin\n';
  const ROWS = (count: number): string =>
    Array.from({ length: count }, (_, n) => `C-${n},${n + 1}\n`).join('');
  let bench: TestBench;
  let app: FastifyInstance;
  let port = 0;

  beforeAll(async () => {
    bench = await createBench();
    app = await createApp({ ...bench.parts, values }, { version: '1.2.3', dataDir: bench.dataDir });
    await app.listen({ host: '127.0.0.1', port: 0 });
    port = (app.server.address() as AddressInfo).port;
    const text =
      'name: lamp\nvalues: {list: web, columns: [{name: code, unique: true}, {name: pin, secret: true, unique: true}]}\n';
    const saved = await app.inject({
      method: 'POST',
      url: '/api/v1/profiles',
      payload: { profile: { text } },
    });
    expect(saved.statusCode).toBe(200);
  });
  afterAll(async () => {
    await app.close();
    await bench.dispose();
  });

  const send = (type: string, payload: string | Buffer): Promise<{ json(): unknown; statusCode: number }> =>
    app.inject({
      method: 'POST',
      url: '/api/v1/values?profile=lamp&file=codes.csv',
      headers: { 'content-type': type },
      payload,
    });

  it('is read while it comes in, as CSV or JSON Lines, and refused whole by its lines', async () => {
    const refused = await send('text/csv', `${HEAD}C-1,1\nC-2,2\n"C-\n3",3\nC-2,4\nC-4,1\nC-5\n`);
    expect([refused.statusCode, refused.json()]).toMatchObject([400, { code: 'VALUES_FILE_INVALID' }]);
    const { message } = refused.json() as { message: string };
    expect(message).toContain('codes.csv:6: its code stands in line 3 already');
    expect(message).toContain('codes.csv:7: its pin stands in line 2 already');
    expect(message).toContain('codes.csv:8: there are 1 cells, and the header names 2');
    expect((await send('text/csv; charset=utf-8', Buffer.from(HEAD + ROWS(3)))).json()).toEqual({
      list: 'web',
      rows: 3,
    });
    const lines = '{"code":"J-1","pin":"9"}\n{"code":"J-2","pin":"1"}';
    // No digest of a secret is kept: a pin is compared within its file alone.
    expect((await send('application/x-ndjson', lines)).json()).toEqual({ list: 'web', rows: 2 });
    expect((await send('text/csv', `${HEAD}J-2,5\n`)).json()).toMatchObject({
      message: expect.stringContaining('codes.csv:2: its code is in the list "web" already') as string,
    });
    expect((await send('text/csv', Buffer.from([0x61, 0x0a, 0xff, 0x0a]))).json()).toMatchObject({
      message: expect.stringContaining('codes.csv cannot be read (it is not UTF-8 text in line 2)') as string,
    });
    expect((await send('application/json', '{}')).statusCode).toBe(415);
    const elsewhere = await app.inject({
      method: 'POST',
      url: '/api/v1/profiles/check',
      headers: { 'content-type': 'text/csv' },
      payload: 'a,b',
    });
    expect(elsewhere.json()).toMatchObject({ code: 'BODY_TYPE' });
  });

  it('leaves nothing of a caller who goes away half-way', async () => {
    const before = await values.rows('web');
    const request = http.request({
      port,
      method: 'POST',
      path: '/api/v1/values?profile=lamp',
      headers: { host: '127.0.0.1', 'content-type': 'text/csv' },
    });
    request.on('error', () => undefined);
    request.write(HEAD);
    for (let n = 0; n < 20; n++) {
      const text = ROWS(1000).replaceAll('C-', `D${n}-`);
      if (!request.write(text)) await once(request, 'drain');
    }
    request.destroy();
    // Its transaction held the list: this import comes after the end of that one.
    await expect.poll(async () => (await send('text/csv', `${HEAD}E-1,1\n`)).statusCode).toBe(200);
    expect((await values.rows('web')).length).toBe(before.length + 1);
    expect(bench.logged.join('\n')).not.toContain('INTERNAL');
  });
});

describe("a board's own network", () => {
  const NETWORK = (mode: string): string => `
name: sensor
caUrl: https://ca.example.com:8443
values:
  list: networks
  match: mac
  columns:
    - { name: net }
    - { name: pass, secret: true }
wifi:
  mode: ${mode}
  columns: { ssid: net, password: pass }
`;
  const CANARIES = ['first-c4nary', 'other-c4nary'];

  async function runOn(mac: string, mode: string): ReturnType<typeof provisionDevice> {
    const networks = CANARIES.map((password, index) => ({ ssid: `Site ${index + 1}`, password }));
    const application = mode === 'improv' ? 'wifi-improv' : 'wifi';
    const board = createVirtualBoard({ mac, application, wifi: { networks } });
    const plan = await buildPlan(parseProfile(NETWORK(mode), 'p'), { attempts: 1 }, () =>
      Promise.resolve(''),
    );
    const parts = { connect: connectTo(board), registry, values };
    const result = await provisionDevice('virtual://board', plan, parts);
    const rows = decodeNvs(board.flash.read(0x9000, 0x10000)).values;
    held.set(mac, new Map(rows.map(({ key, value }) => [key, value])));
    board.dispose();
    return result;
  }

  it('comes from its row, sealed like a key, into flash or by hand-over, and is checked first', async () => {
    writeFileSync(profileFile, NETWORK('static'));
    const lines = [
      'mac,net,pass',
      `${MAC(1)},Site 1,${CANARIES[0]}`,
      `${MAC(2)},Site 2,${CANARIES[1]}`,
      `${MAC(3)},Site 3,short`,
    ];
    writeFileSync(join(folder, 'networks.csv'), lines.join('\n'));
    const taken = await cli('values', 'import', join(folder, 'networks.csv'), '--profile', profileFile);
    expect(taken.stdout, taken.stderr).toContain('3 rows imported');
    expect(await runOn(MAC(1), 'static')).toMatchObject({ ok: true });
    expect([held.get(MAC(1))?.get('wifi_ssid'), held.get(MAC(1))?.get('wifi_password')]).toEqual([
      'Site 1',
      CANARIES[0],
    ]);
    const handed = await runOn(MAC(2), 'improv');
    expect(handed, JSON.stringify(handed)).toMatchObject({
      ok: true,
      wifi: { mode: 'improv', result: 'joined' },
    });
    expect(held.get(MAC(2))?.has('wifi_ssid')).toBe(false);
    expect((await registry.show({ mac: MAC(2) })).wifiSsid).toBe('Site 2');
    expect(await runOn(MAC(3), 'static')).toMatchObject({ ok: false, code: 'WIFI_INVALID' });
    expect(await runOn(MAC(4), 'static')).toMatchObject({ ok: false, code: 'VALUE_ROW_MISSING' });
    const dump = await asForeignProgram(dataDir, (client) =>
      client.query('select open_values::text || coalesce(sealed, $1) as text from value_rows', ['']),
    );
    const shown = await cli('values', 'show', 'networks', '--json');
    for (const canary of CANARIES) expect(JSON.stringify(dump) + shown.stdout).not.toContain(canary);
  });

  it('is shared by the boards of a batch, sealed, never used up, and changed by a new row', async () => {
    const profile = parseProfile(
      NETWORK('static').replace('match: mac', 'match: batch').replace('networks', 'sites'),
      'p',
    );
    const plan = await buildPlan(profile, { attempts: 1 }, () => Promise.resolve(''));
    const made = async (
      mac: string,
      batch: string | undefined,
      from = values,
    ): ReturnType<typeof provisionDevice> => {
      const board = createVirtualBoard({ mac });
      const admit = (): Promise<Admission> => Promise.resolve({ batch, passed: settled, failed: settled });
      const result = await provisionDevice('virtual://board', plan, {
        connect: connectTo(board),
        registry,
        values: from,
        admit,
      });
      const rows = decodeNvs(board.flash.read(0x9000, 0x10000)).values;
      held.set(mac, new Map(rows.map(({ key, value }) => [key, value])));
      board.dispose();
      return result;
    };
    const network = (mac: string): unknown[] =>
      ['wifi_ssid', 'wifi_password'].map((key) => held.get(mac)?.get(key));
    const importRows = (...lines: readonly string[]): Promise<InProcessRun> => {
      writeFileSync(
        profileFile,
        NETWORK('static').replace('match: mac', 'match: batch').replace('networks', 'sites'),
      );
      writeFileSync(join(folder, 'sites.csv'), ['batch,net,pass', ...lines].join('\n'));
      return cli('values', 'import', join(folder, 'sites.csv'), '--profile', profileFile);
    };
    const taken = await importRows(`WO-7,Site 1,${CANARIES[0]}`, `WO-8,Site 2,${CANARIES[1]}`);
    expect(taken.stdout, taken.stderr).toContain('2 rows imported');
    for (const n of [1, 2, 3]) expect(await made(MAC(n), 'WO-7')).toMatchObject({ ok: true });
    expect(network(MAC(3))).toEqual(['Site 1', CANARIES[0]]);
    expect(await made(MAC(4), 'WO-8')).toMatchObject({ ok: true });
    expect(network(MAC(4))).toEqual(['Site 2', CANARIES[1]]);
    // A board that is made in another batch gets the network of that one.
    expect(await made(MAC(3), 'WO-8')).toMatchObject({ ok: true });
    expect(network(MAC(3))).toEqual(['Site 2', CANARIES[1]]);
    expect(await made(MAC(5), 'WO-9')).toMatchObject({
      code: 'VALUE_ROW_MISSING',
      message: expect.stringContaining('no free row for batch WO-9') as string,
    });
    expect(await made(MAC(5), undefined)).toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('this board is made in none') as string,
    });
    expect(network(MAC(5))).toEqual([undefined, undefined]);
    const shown = await cli('values', 'show', 'sites');
    expect(shown.stdout).toMatch(/1 +shared +batch WO-7 \(2 boards\)[^]*2 +shared +batch WO-8 \(2 boards\)/);
    expect((await cli('values', 'list')).stdout).toContain(
      '0 free, 0 reserved, 0 used, 2 shared, 0 scrapped, 0 returned',
    );

    expect((await importRows('WO-7,Site 3,third-c4nary')).stderr).toMatch(
      /:2: its batch is in the list "sites" already/,
    );
    const back = await cli('values', 'return', 'sites', '1', '--reason', 'x');
    expect(back.stderr).toMatch(/Row 1 of the list "sites" is shared/);
    expect((await cli('values', 'scrap', 'sites', '1', '--reason', 'password changed')).code).toBe(0);
    expect(await made(MAC(6), 'WO-7')).toMatchObject({ code: 'VALUE_ROW_MISSING' });
    expect((await importRows('WO-7,Site 3,third-c4nary')).code).toBe(0);
    expect(await made(MAC(6), 'WO-7')).toMatchObject({ ok: true });
    expect(network(MAC(6))).toEqual(['Site 3', 'third-c4nary']);
    // The ship check compares a board with what it was given.
    expect((await values.held('sites', MAC(1)))?.stored).toEqual({ net: 'Site 1', pass: CANARIES[0] });
    expect((await values.held('sites', MAC(6)))?.stored).toEqual({ net: 'Site 3', pass: 'third-c4nary' });
    const dump = await asForeignProgram(dataDir, (client) =>
      client.query('select row_to_json(r)::text as text from value_rows r'),
    );
    const json = await cli('values', 'show', 'sites', '--json');
    expect(JSON.stringify(dump) + json.stdout).not.toMatch(/c4nary/);

    const [socket = ''] = readdirSync(join(dataDir, 'postgres/run')).filter((name) =>
      /^\.s\.PGSQL\.\d+$/.test(name),
    );
    const way = await cuttable(join(dataDir, 'postgres/run', socket));
    const databaseUrl = `postgresql://espmint@127.0.0.1:${way.port}/espmint`;
    const cutStore = await Store.open({ dataDir, databaseUrl, timeoutMs: 2000 });
    const cutValues = cutStore.values();
    try {
      expect(await made(MAC(7), 'WO-7', cutValues)).toMatchObject({ ok: true });
      way.cut();
      expect(await made(MAC(8), 'WO-7', cutValues)).toMatchObject({
        ok: false,
        code: 'VALUE_ROW_OUT_OF_REACH',
      });
      expect(network(MAC(8))).toEqual([undefined, undefined]);
      // So does a board that its row names, and one whose code was scanned: the code stays for it.
      const codes = new CodeQueue();
      codes.add('BOX-3');
      for (const match of ['mac', 'scan']) {
        const refused = await run(MAC(7), match === 'mac' ? 'named' : 'scanned', match, codes, cutValues);
        expect(refused).toMatchObject({
          code: 'VALUE_ROW_OUT_OF_REACH',
          message: expect.stringMatching(
            /^Nothing was written to a4:cf:12:00:00:07: .* out of reach \(.*\); put the board aside until/,
          ) as string,
        });
        expect(held.get(MAC(7))?.size).toBe(0);
      }
      way.mend();
      expect(await made(MAC(8), 'WO-7', cutValues)).toMatchObject({ ok: true });
      expect(network(MAC(8))).toEqual(['Site 3', 'third-c4nary']);
      expect(await run(MAC(7), 'scanned', 'scan', codes, cutValues)).toMatchObject({ ok: true });
    } finally {
      await cutValues.close();
      await cutStore.close();
      way.close();
    }
  });

  it.each([
    ['{columns: {ssid: net}}', /no column of the list/],
    ['{ssid: Lab, columns: {ssid: net}}', /stand in place of ssid/],
    ['{mode: wps, columns: {ssid: net}}', /has no place in mode wps/],
  ])('is refused where it cannot be: %s', (wifi, message) => {
    expect(() => parseProfile(`name: x\nwifi: ${wifi}`, 'p')).toThrow(message);
  });

  it('is refused where its password would not be sealed', () => {
    const open = NETWORK('static').replace(', secret: true', '');
    expect(() => parseProfile(open, 'p')).toThrow(/must say secret: true/);
  });
});
