// What an error advises, done to the letter, is followed by success: Wi-Fi of a board in the field, a CA, and records on this disk.
import { createServer, request as forward } from 'node:http';
import https from 'node:https';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runInProcess, type InProcessRun } from '../../../test/support/cli-in-process.js';
import { makeAuthority } from '../../../test/support/test-authority.js';
import { probeCa } from '../../service/station/ca-probe.js';
import { ReservedUnits } from '../../registry/batches/reserved/reserved-units.js';
import { inspectSpool } from '../../registry/spool/inspect.js';
import { Log } from '../../registry/spool/log.js';
import { abandonAll } from '../../registry/spool/testing/abandon.js';
import { ImprovClient } from '../../wifi/improv/client.js';
import { plugIn } from '../../../test/support/plug-in.js';
import {
  createVirtualBoard,
  servePortal,
  serveRfc2217,
  type ApplicationName,
  type VirtualBoard,
  type VirtualWifi,
} from '../../virtual/index.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-advice-'));
const password = join(folder, 'password');
writeFileSync(password, 'lab-password\n');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function plug(application: ApplicationName, wifi: VirtualWifi = {}): Promise<[string, VirtualBoard]> {
  const board = createVirtualBoard({ application, wifi });
  const server = await serveRfc2217(board, { host: '127.0.0.1', port: 0 });
  closers.push(
    () => board.dispose(),
    () => server.close(),
  );
  return [server.url, board];
}
const wifi = (words: string, ...more: string[]): Promise<InProcessRun> =>
  runInProcess(['wifi', ...words.trim().split(' '), ...more, '--data-dir', folder]);
const set = (port: string, words: string): Promise<InProcessRun> =>
  wifi(`set --port ${port} --ssid Lab --password-file ${password} ${words}`);

describe('of Wi-Fi', () => {
  it('WIFI_JOIN_UNPROVEN: longer, by --join-timeout', async () => {
    const [port, board] = await plug('wifi');
    /** It takes longer than a second. */
    const joinSlowly = (): void => {
      board.radio.wps = 'button';
      const join = (): boolean => board.radio.pressWps(undefined, { ssid: 'Lab', password: 'lab-password' });
      const timer = setTimeout(join, 1_100);
      closers.push(() => clearTimeout(timer));
    };
    const watch = `watch --port ${port} --no-restart --join-timeout`;
    const short = await wifi(watch, '1000');
    expect(short.stderr).toMatch(/--join-timeout.*\[WIFI_JOIN_UNPROVEN\]/s);
    joinSlowly();
    expect(await wifi(watch, '60000')).toMatchObject({ code: 0 });
  });

  it('WIFI_REFUSED: a firmware that supports it takes the same values', async () => {
    const [refusing] = await plug('wifi-improv', { fault: 'rejects' });
    expect((await set(refusing, '--mode improv')).stderr).toMatch(/firmware supports.*\[WIFI_REFUSED\]/s);
    expect(await set((await plug('wifi-improv'))[0], '--mode improv')).toMatchObject({ code: 0 });
  });

  it('WIFI_STEP_FAILED: the command as the firmware has it', async () => {
    const [port] = await plug('wifi-console');
    const steps = join(folder, 'steps.json');
    const run = (send: string): Promise<InProcessRun> => {
      writeFileSync(
        steps,
        JSON.stringify({ steps: [{ send: '' }, { send, expect: ['.'], fail: ['nrecognized'] }] }),
      );
      return wifi(`console --port ${port} --ssid Lab --open --steps ${steps}`);
    };
    expect((await run('wifi_sttus')).stderr).toMatch(/check the command.*\[WIFI_STEP_FAILED\]/s);
    expect(await run('wifi_status')).toMatchObject({ code: 0 });
  });

  it('WPS_HOOK_FAILED: the option left out, and the button', async () => {
    const [port, board] = await plug('wifi');
    const window = `wps --port ${port} --no-restart --window 20000`;
    const failed = await wifi(window, '--hook', `${process.execPath} -e process.exit(1)`);
    expect(failed.stderr).toMatch(/leave the option for it out.*\[WPS_HOOK_FAILED\]/s);
    board.radio.wps = 'button';
    const press = (): boolean => board.radio.pressWps(undefined, { ssid: 'Lab', password: 'lab-password' });
    const timer = setTimeout(press, 300);
    closers.push(() => clearTimeout(timer));
    expect(await wifi(window)).toMatchObject({ code: 0 });
  });

  it('WIFI_ANSWER_BROKEN: once more', async () => {
    const [, board] = await plug('wifi-protocomm', { security: 0 });
    const portal = await servePortal(board, { host: '127.0.0.1', port: 0 });
    let answers = 0;
    // As an access point one of whose answers is another page's.
    const between = createServer((request, response) => {
      if (answers++ === 1) response.end('<html>');
      else
        request.pipe(
          forward(
            `${portal.url}${request.url ?? ''}`,
            { method: 'POST', headers: request.headers },
            (answer) => {
              response.writeHead(answer.statusCode ?? 0, answer.headers);
              answer.pipe(response);
            },
          ),
        );
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    closers.push(
      () => between.close(),
      () => portal.close(),
    );
    const { port } = between.address() as AddressInfo;
    const broken = await wifi(`scan --url http://127.0.0.1:${port}`);
    expect(broken.stderr).toMatch(/try again.*\[WIFI_ANSWER_BROKEN\]/s);
    expect(await wifi(`scan --url ${portal.url}`)).toMatchObject({ code: 0 });
  });

  it('WIFI_NO_ANSWER: a firmware that runs and speaks this protocol', async () => {
    const ask = async (application: ApplicationName): Promise<unknown> => {
      const { link, virtual } = await plugIn({ application });
      closers.push(() => virtual.dispose());
      return new ImprovClient(link).detect(500);
    };
    await expect(ask('stock')).rejects.toThrow(/check that the firmware is running and speaks this protocol/);
    expect(await ask('wifi-improv')).toMatchObject({ state: 2 });
  });
});

it('CA_UNTRUSTED: a device whose firmware has the certificate of that CA gets its answer', async () => {
  const { authority, certificate, key } = makeAuthority(join(folder, 'ca'));
  const [cert, ca, own] = [certificate, authority, key].map((path) => readFileSync(path));
  const server = https.createServer({ cert, key: own }, (_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const probed = await probeCa(url, new AbortController().signal);
  expect(probed).toMatchObject({ ok: false, code: 'CA_UNTRUSTED' });
  expect(probed.message).toContain('put the certificate of that CA into the firmware of the device');
  const status = await new Promise((resolve, reject) => {
    https
      .get(url, { ca, agent: false }, (response) => resolve(response.resume().statusCode))
      .on('error', reject);
  });
  expect(status).toBe(200);
});

describe('of what is kept for the registry', () => {
  const dataDir = join(folder, 'data');
  const runs = join(dataDir, 'spool/runs');
  const codes = async (): Promise<string[]> => (await inspectSpool(dataDir)).map(({ code }) => code);

  it('SPOOL_DAMAGED, then SPOOL_SET_ASIDE: used but for the damage, set aside by the next process, moved away', async () => {
    const log = new Log<object>(runs, { stillMatters: (records) => records });
    await log.append({ n: 1 }, { n: 2 }, { n: 3 });
    const [path = ''] = abandonAll(runs).map((home) => join(home, '1.log'));
    const file = openSync(path, 'r+');
    writeSync(file, 'x', readFileSync(path).indexOf('"n":2') + 4);
    closeSync(file);
    const [damage] = await inspectSpool(dataDir);
    expect(damage).toMatchObject({ code: 'SPOOL_DAMAGED' });
    expect(damage?.message).toContain('everything else in the file is used');
    const next = new Log<object>(runs, { stillMatters: (records) => records });
    expect(await next.adopt((records) => records)).toEqual([{ n: 1 }, { n: 3 }]);
    const [kept] = await inspectSpool(dataDir);
    expect(kept).toMatchObject({ code: 'SPOOL_SET_ASIDE' });
    expect(kept?.message).toContain('then move the file away');
    renameSync((kept?.details as { path: string }).path, join(folder, 'away'));
    expect(await codes()).toEqual([]);
    expect(statSync(join(folder, 'away')).size).toBeGreaterThan(0);
    await next.close(() => true);
  });

  it('SPOOL_UNREADABLE: what lies in the place of a file moved away', async () => {
    const home = join(runs, '1700000000000-0badf00d');
    mkdirSync(join(home, '1.log'), { recursive: true });
    const [fault] = await inspectSpool(dataDir);
    expect(fault).toMatchObject({ code: 'SPOOL_UNREADABLE' });
    expect(fault?.message).toContain('move that away');
    renameSync((fault?.details as { path: string }).path, join(folder, 'folder'));
    expect(await codes()).toEqual([]);
  });

  it('SPOOL_TAKEN_OVER: the board tried again has a unit of its own', async () => {
    const units = join(dataDir, 'spool/units');
    const identity = { serial: 'A' };
    const at = { station: 's', batch: 'b', batchId: '1', order: {} as never, identity };
    const use = { mac: 'm', station: 's', identity, isOwnIdentity: true, hasListedKey: false };
    const sleeper = new ReservedUnits(dataDir);
    await sleeper.hold([{ ...at, id: '1' }]);
    abandonAll(units);
    const other = new ReservedUnits(dataDir);
    await other.adopt();
    const [free] = sleeper.free({ station: 's', batch: 'b' });
    if (free === undefined) throw new Error('it has a unit');
    await expect(sleeper.take(free, use)).rejects.toThrow(/try the board again/);
    expect(sleeper.free({ station: 's', batch: 'b' })).toEqual([]);
    await sleeper.hold([{ ...at, id: '2' }]);
    const [second] = sleeper.free({ station: 's', batch: 'b' });
    if (second === undefined) throw new Error('it has another unit');
    await sleeper.take(second, use);
    expect(sleeper.takenBy('b', 'm')?.id).toBe('2');
    expect(other.free({ station: 's', batch: 'b' }).map(({ id }) => id)).toEqual(['1']);
    for (const one of [sleeper, other]) await one.close().catch(() => undefined);
    expect(readdirSync(units).length).toBeGreaterThan(0);
  });
});
