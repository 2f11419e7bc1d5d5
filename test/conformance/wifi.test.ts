// Other people's clients and devices: Improv's own SDK, esp-protocomm, srp and cryptography, Espressif's generator.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeNvs } from '../../src/core/nvs/index.js';
import { makeVerifier } from '../../src/core/srp.js';
import { net80211Rows } from '../../src/core/wifi-rows.js';
import { createVirtualBoard, servePortal } from '../../src/virtual/index.js';
import { HttpTransport, ProtocommClient } from '../../src/wifi/index.js';
import { toolAvailable, PYTHON, ROOT } from '../support/reference-tools.js';

const run = promisify(execFile);
const TOOLS = join(ROOT, 'test/conformance/reference-tools');
const closers: (() => unknown)[] = [];
let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'espmint-wifi-'))));
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe("Improv's own SDK", () => {
  /** As much of it as this test uses. */
  interface Sdk {
    initialize(timeoutMs: number): Promise<{ name: string; chipFamily: string; firmware: string }>;
    requestCurrentState(): Promise<void>;
    scan(): Promise<{ name: string; rssi: number; secured: boolean }[]>;
    provision(ssid: string, password: string, timeoutMs?: number): Promise<void>;
    close(): Promise<void>;
    readonly nextUrl?: string;
  }

  it('drives the virtual device', async () => {
    const file = join(folder, 'sdk.mjs');
    const bundle = await rolldown({
      input: join(ROOT, 'node_modules/improv-wifi-serial-sdk/dist/serial.js'),
    });
    await bundle.write({ file, format: 'esm' });
    const { ImprovSerial } = (await import(pathToFileURL(file).href)) as {
      ImprovSerial: new (port: object, logger: object) => Sdk;
    };
    const board = createVirtualBoard({ application: 'wifi-improv' });
    closers.push(() => board.dispose());
    const quiet = { log: () => undefined, error: () => undefined, debug: () => undefined };
    const sdk = new ImprovSerial(streamsOf(board), quiet);
    expect(await sdk.initialize(5_000)).toMatchObject({ firmware: 'espmint virtual', chipFamily: 'ESP32' });
    const seen = await sdk.scan();
    expect(seen.map(({ name, secured }) => [name, secured])).toContainEqual(['Lab', true]);
    await expect(sdk.provision('Lab', 'wrong-password')).rejects.toThrow(/UNABLE_TO_CONNECT/);
    await sdk.provision('Lab', 'lab-password');
    expect(sdk.nextUrl).toBe('http://board-a4cf12345678.local/');
    await sdk.close();
  });

  function streamsOf(board: ReturnType<typeof createVirtualBoard>): object {
    let push: (bytes: Uint8Array) => void = () => undefined;
    const readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        push = (bytes) => controller.enqueue(bytes);
      },
    });
    const port = board.plugIn({ bytes: (bytes) => push(bytes), gone: () => undefined });
    const writable = new WritableStream<Uint8Array>({ write: (bytes) => port.write(bytes) });
    return { readable, writable };
  }
});

describe.runIf(toolAvailable('the venv', PYTHON))('esp-protocomm', () => {
  async function provision(proof: string, password: string): Promise<string> {
    const board = createVirtualBoard({ application: 'wifi-protocomm' });
    const server = await servePortal(board, { host: '127.0.0.1', port: 0 });
    closers.push(
      () => board.dispose(),
      () => server.close(),
    );
    const client = run(PYTHON, [join(TOOLS, 'protocomm_client.py'), server.url, proof, 'Lab']);
    client.child.stdin?.end(`${password}\n`);
    return (await client).stdout;
  }

  it('runs security 1 against the virtual device, right and wrong', async () => {
    expect(await provision('abcd1234', 'lab-password')).toMatch(/"sec_ver":1.*\nconnected\n$/s);
    expect(await provision('abcd1234', 'wrong-password')).toContain('incorrect password');
    expect(await provision('wrong-proof', 'lab-password')).toContain('security: ');
  });
});

describe.runIf(toolAvailable('the venv', PYTHON))('a device made of srp and cryptography', () => {
  interface Choice {
    readonly security: 1 | 2;
    readonly patch: 0 | 1;
    readonly ours?: boolean;
  }

  async function connect(
    { security, patch, ours = false }: Choice,
    proof = 'abcd1234',
  ): Promise<ProtocommClient> {
    const made = makeVerifier('wifiprov', 'abcd1234');
    const secrets = ours
      ? [made.salt, made.verifier].map((bytes) => Buffer.from(bytes).toString('hex'))
      : ['-', '-'];
    const args = [String(security), String(patch), 'abcd1234', 'Lab', 'lab-password', ...secrets];
    const device = spawn(PYTHON, [join(TOOLS, 'protocomm_device.py'), ...args]);
    closers.push(() => device.kill());
    const port = await new Promise<string>((resolve, reject) => {
      device.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
      device.stderr.once('data', (data: Buffer) => reject(new Error(data.toString())));
    });
    const transport = new HttpTransport(`http://127.0.0.1:${port}`);
    closers.push(() => transport.close());
    return new ProtocommClient(transport, { proof });
  }

  it.each<Choice>([
    { security: 1, patch: 0 },
    { security: 2, patch: 0 },
    { security: 2, patch: 1 },
    { security: 2, patch: 1, ours: true },
  ])('is provisioned: %j', async (choice) => {
    const client = await connect(choice);
    expect((await client.scan()).map(({ ssid }) => ssid)).toEqual([0, 1, 2, 3, 4, 5].map((n) => `net-${n}`));
    await expect(client.provision('Lab', 'wrong-password')).rejects.toThrow(/usually the password/);
    await expect(client.provision('Nowhere', 'lab-password')).rejects.toThrow(/no such network/);
    expect(await client.provision('Lab', 'lab-password')).toEqual({ address: '10.1.2.3', channel: 7 });
  });

  it.each([1, 2] as const)('refuses a wrong proof with security %i', async (security) => {
    const client = await connect({ security, patch: 1 }, 'wrong');
    await expect(client.provision('Lab', 'lab-password')).rejects.toMatchObject({
      code: 'WIFI_PROOF_REFUSED',
    });
  });
});

describe.runIf(toolAvailable('the venv', PYTHON))("Espressif's generator", () => {
  it.each([
    ['Factory Floor', 'correct horse battery'],
    ['s'.repeat(32), 'f'.repeat(64)],
    ['工厂车间网络', 'p'.repeat(63)],
    ['📶'.repeat(8), ''],
  ])("makes the same bytes of the Wi-Fi component's own store: %s", async (ssid, password) => {
    const csv = join(folder, 'wifi.csv');
    const image = join(folder, 'wifi.bin');
    const rows = [
      'key,type,encoding,value',
      'nvs.net80211,namespace,,',
      `sta.ssid,data,blob_sz_fill(32;0x00),${ssid}`,
      `sta.pswd,data,blob_fill(64;0x00),${password}`,
    ];
    await writeFile(csv, `${rows.join('\n')}\n`);
    await run(PYTHON, ['-m', 'esp_idf_nvs_partition_gen', 'generate', csv, image, '0x3000']);
    const ours = encodeNvs(net80211Rows({ ssid, password }), 0x3000);
    expect(Buffer.from(ours).equals(await readFile(image))).toBe(true);
  });
});
