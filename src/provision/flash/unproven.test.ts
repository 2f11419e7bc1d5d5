// Boards in Secure Download Mode: never a pass without proof, and the key never lost.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeNvs } from '../../core/nvs/index.js';
import { parseMac } from '../../core/mac.js';
import { parseProfile } from '../../core/profile/parse.js';
import { profileSchema } from '../../core/profile/schema.js';
import type { ProvisionEvent, ProvisionResult } from '../../core/stages.js';
import { connectBoard } from '../../driver/index.js';
import { openKeyFile } from '../../registry/index.js';
import {
  createVirtualBoard,
  memoryTransport,
  type BoardOptions,
  type VirtualBoard,
} from '../../virtual/index.js';
import { buildPlan } from '../plan/build-plan.js';
import type { ProvisionPlan } from '../plan/plan.js';
import { provisionDevice } from '../provision-device.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-unproven-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MAC = 'a4:cf:12:34:56:78';
const REGION = { offsetBytes: 0x9000, sizeBytes: 0x10000 };
const PLAN: ProvisionPlan = {
  target: { ...REGION, force: false },
  identity: { recipe: 'rfc9562' },
  layout: parseProfile('name: x', 'p').nvs,
  caUrl: 'https://ca.example.com:8443',
  boot: { success: { pattern: 'app: started' }, failure: [], timeoutMs: 5_000, baud: 115_200 },
  known: 'rotate',
  attempts: 2,
  baud: 921_600,
  given: {},
  unproven: { mac: parseMac(MAC) },
};

type Application = 'nvs' | 'stock';
type Security = NonNullable<BoardOptions['security']>;

/** A line with one locked board on it, and the keys that it has made so far. */
class Bench {
  readonly board: VirtualBoard;
  readonly keysFile = join(folder, `keys-${Math.random()}.jsonl`);
  readonly events: ProvisionEvent[] = [];

  constructor(application: Application, security: Security = { secureDownload: true }) {
    this.board = createVirtualBoard({ chip: 'esp32c3', mac: MAC, application, security });
  }

  async provision(changes: Partial<ProvisionPlan> = {}): Promise<ProvisionResult> {
    const transport = memoryTransport(new Map([['board', this.board]]));
    const registry = await openKeyFile(this.keysFile);
    const connect = async (
      port: string,
      options: NonNullable<Parameters<typeof connectBoard>[1]>,
    ): ReturnType<typeof connectBoard> =>
      connectBoard(await transport.open(port, { baud: 115_200, timeoutMs: 1_000 }), options);
    const onEvent = (event: ProvisionEvent): void => void this.events.push(event);
    try {
      const parts = { registry, connect };
      return await provisionDevice('virtual://board', { ...PLAN, ...changes }, parts, { onEvent });
    } finally {
      await registry.close();
    }
  }

  /** The key in flash. */
  get psk(): unknown {
    const { values } = decodeNvs(this.board.flash.read(REGION.offsetBytes, REGION.sizeBytes));
    return values.find(({ key }) => key === 'psk_secret')?.value;
  }
}

describe('a board in Secure Download Mode', () => {
  it('is refused before anything is reserved, unless the operator vouches for it', async () => {
    const bench = new Bench('nvs');
    expect(await bench.provision({ unproven: undefined })).toMatchObject({
      ok: false,
      code: 'SECURE_DOWNLOAD',
      stage: 'connect',
    });
    expect(bench.psk).toBeUndefined();
  });

  it('passes when its firmware prints the UUID that was written, and says that the proof is the firmware’s', async () => {
    const bench = new Bench('nvs');
    expect(await bench.provision()).toMatchObject({ ok: true, mac: MAC });
    expect(bench.events).toContainEqual(
      expect.objectContaining({ type: 'warning', code: 'WRITE_NOT_PROVEN' }),
    );
    expect(readFileSync(bench.keysFile, 'utf8')).toContain(String(bench.psk));
  });

  it.each<[string, Application, Partial<ProvisionPlan>]>([
    [
      'does not print its UUID',
      'stock',
      { boot: { success: 'got-ip', failure: [], timeoutMs: 5_000, baud: 115_200 } },
    ],
    ['is not listened to', 'nvs', { boot: undefined }],
  ] as const)(
    'never passes when its firmware %s; its key stays reserved',
    async (_, application, changes) => {
      const bench = new Bench(application);
      const failed = { ok: false, code: 'WRITTEN_UNPROVEN', retryable: false, mac: MAC };
      expect(await bench.provision(changes)).toMatchObject(failed);
      const { psk } = bench;
      expect(readFileSync(bench.keysFile, 'utf8')).toContain(String(psk));
      expect(await bench.provision(changes)).toMatchObject(failed);
      expect(bench.psk).toBe(psk);
    },
  );

  it('does not pass on the word of a firmware that had that UUID before', async () => {
    const bench = new Bench('nvs');
    expect((await bench.provision()).ok).toBe(true);
    expect(await bench.provision()).toMatchObject({ ok: false, code: 'WRITTEN_UNPROVEN' });
  });

  it.each([
    ['INPUT_INVALID', 'no region is given', { target: { force: false } }],
    ['SECURE_DOWNLOAD', 'a read-back is asked for', { verify: 'readback' }],
  ] as const)('is refused with %s when %s', async (code, _, changes) => {
    const bench = new Bench('nvs');
    expect(await bench.provision(changes)).toMatchObject({ ok: false, code, stage: 'inspect' });
    expect(bench.psk).toBeUndefined();
  });

  it('is not written in plain where flash encryption is on', async () => {
    const bench = new Bench('nvs', { secureDownload: true, flashEncryption: true });
    expect(await bench.provision()).toMatchObject({ ok: false, code: 'FLASH_ENCRYPTED' });
  });
});

describe('a plan', () => {
  const profile = profileSchema.parse({ name: 'x', caUrl: PLAN.caUrl });
  const noSecrets = (): Promise<string> => Promise.reject(new Error('no secrets here'));

  it('takes a MAC only together with the word that no proof is wanted', async () => {
    const planned = await buildPlan(profile, { mac: MAC.toUpperCase(), allowUnproven: true }, noSecrets);
    expect(planned.unproven).toEqual({ mac: MAC });
    for (const half of [{ mac: MAC }, { allowUnproven: true }]) {
      await expect(buildPlan(profile, half, noSecrets)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    }
  });
});
