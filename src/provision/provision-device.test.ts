import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { connectTo, MAC, PLAN as ONE_ATTEMPT, PORT, pskOn, withCalls } from '../../test/support/flow.js';
import { EspmintError } from '../core/errors/index.js';
import { decodeNvs, encodeNvs, type NvsRow } from '../core/nvs/index.js';
import type { ProvisionEvent, Stage } from '../core/stages.js';
import type { Board } from '../driver/index.js';
import { openKeyFile, type Registry } from '../registry/index.js';
import { createVirtualBoard, type VirtualBoard } from '../virtual/index.js';
import type { ProvisionParts } from './parts.js';
import type { ProvisionPlan } from './plan/plan.js';
import { provisionDevice } from './provision-device.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-flow-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PLAN: ProvisionPlan = { ...ONE_ATTEMPT, attempts: 3 };

let files = 0;
const openRegistry = (): Promise<Registry> => openKeyFile(join(folder, `keys-${++files}.jsonl`));

/** Real loader, real registry file, virtual board; `wrap` puts a fault between the flow and the driver. */
function partsFor(
  board: VirtualBoard,
  registry: Registry,
  wrap = (real: Board): Board => real,
): ProvisionParts {
  const connect = connectTo(board);
  return { registry, connect: async (port, options) => wrap(await connect(port, options)) };
}

const unplugged = (): Promise<never> =>
  Promise.reject(new EspmintError('LINK_CLOSED', { port: PORT, reason: 'unplugged' }));

describe('provisionDevice', () => {
  it('goes through all stages in order and leaves the board with the key that the registry has', async () => {
    const board = createVirtualBoard({ mac: MAC });
    const registry = await openRegistry();
    const events: ProvisionEvent[] = [];
    const result = await provisionDevice(PORT, PLAN, partsFor(board, registry), {
      onEvent: (e) => events.push(e),
    });
    expect(result).toMatchObject({ ok: true, mac: MAC, image: { offsetBytes: 0x9000, sizeBytes: 0x10000 } });
    const done = events.flatMap((event) =>
      event.type === 'stage' && event.state === 'done' ? [event.stage] : [],
    );
    expect(done.join()).toBe('connect,inspect,identify,reserve,build,write,verify,reset,confirm');
    expect(events.at(-1)).toBe(result);
    expect(pskOn(board)).toBe(await registry.reveal(MAC, 'test'));
    await registry.close();
    board.dispose();
  });

  it('reads the region back where the plan wants it, and never passes a board whose keys differ', async () => {
    const board = createVirtualBoard({ mac: MAC });
    const registry = await openRegistry();
    const plan: ProvisionPlan = { ...PLAN, verify: 'readback', attempts: 1 };
    expect((await provisionDevice(PORT, plan, partsFor(board, registry))).ok).toBe(true);
    const lying = partsFor(board, registry, (real) =>
      withCalls(real, { readFlash: () => Promise.resolve(new Uint8Array(0x10000).fill(0xff)) }),
    );
    const failed = await provisionDevice(PORT, plan, lying);
    expect(failed).toMatchObject({ ok: false, code: 'READBACK_MISMATCH', stage: 'verify' });
    expect(JSON.stringify(failed)).not.toContain(await registry.reveal(MAC, 'test'));
    await registry.close();
    board.dispose();
  });

  it('writes and labels a board once, whatever becomes of its label, and has let go of its port by then', async () => {
    const board = createVirtualBoard({ mac: MAC });
    const registry = await openRegistry();
    let writes = 0;
    let labels = 0;
    let isOpen = true;
    const parts: ProvisionParts = {
      ...partsFor(board, registry, (real) =>
        withCalls(real, {
          writeRegion: (...how) => (writes++, real.writeRegion(...how)),
          close: () => ((isOpen = false), real.close()),
        }),
      ),
      admit: () =>
        Promise.resolve({
          passed: () => {
            labels += 1;
            expect(isOpen).toBe(false);
            return Promise.reject(new EspmintError('LABEL_SCAN_DIFFERS', { expected: 'A', scanned: '' }));
          },
          failed: () => Promise.resolve(),
        }),
    };
    const result = await provisionDevice(PORT, PLAN, parts);
    expect(result).toMatchObject({ ok: false, code: 'LABEL_SCAN_DIFFERS', stage: 'confirm' });
    expect([writes, labels]).toEqual([1, 1]);
    await registry.close();
    board.dispose();
  });

  it('tries again from the start when the board is unplugged in mid-write, with the same key', async () => {
    const board = createVirtualBoard({ mac: MAC });
    const registry = await openRegistry();
    const events: ProvisionEvent[] = [];
    let writes = 0;
    const parts = partsFor(board, registry, (real) =>
      ++writes === 1 ? withCalls(real, { verifyRegion: unplugged }) : real,
    );
    let keyOfFirstTry: string | undefined;
    const result = await provisionDevice(PORT, PLAN, parts, {
      onEvent: (event) => {
        events.push(event);
        if (event.type === 'attempt' && event.attempt === 2) keyOfFirstTry = pskOn(board);
      },
    });
    expect(result.ok).toBe(true);
    expect(events.filter(({ type }) => type === 'attempt')).toHaveLength(2);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'warning',
        code: 'LINK_CLOSED',
        message: expect.stringMatching(/^attempt 1 of 3 failed: /) as unknown,
      }),
    );
    expect(keyOfFirstTry).toMatch(/^[0-9a-f]{32}$/);
    expect(pskOn(board)).toBe(keyOfFirstTry);
    await registry.close();
    board.dispose();
  });

  it('gives up after the plan’s attempts, names the stage, and stays retryable', async () => {
    const board = createVirtualBoard({ mac: MAC });
    const registry = await openRegistry();
    const parts = partsFor(board, registry, (real) => withCalls(real, { writeRegion: unplugged }));
    const result = await provisionDevice(PORT, PLAN, parts);
    expect(result).toMatchObject({
      ok: false,
      code: 'LINK_CLOSED',
      stage: 'write',
      mac: MAC,
      retryable: true,
    });
    expect((await registry.find({ mac: MAC }))?.status).toBe('pending');
    const again = await provisionDevice(PORT, PLAN, partsFor(board, registry));
    expect(again.ok).toBe(true);
    await registry.close();
    board.dispose();
  });

  it.each([
    ['/dev/ttyUSB7', new EspmintError('PORT_NOT_FOUND', { port: '/dev/ttyUSB7' })],
    [
      'tcp://10.0.0.1:4000',
      new EspmintError('PORT_UNREACHABLE', { port: 'tcp://10.0.0.1:4000', reason: 'nothing listens there' }),
    ],
  ])('does not try again under a name that nothing is plugged in under: %s', async (port, error) => {
    const registry = await openRegistry();
    const events: ProvisionEvent[] = [];
    const connect = (): Promise<never> => Promise.reject(error);
    const onEvent = (event: ProvisionEvent): void => void events.push(event);
    const result = await provisionDevice(port, PLAN, { registry, connect }, { onEvent });
    expect(result).toMatchObject({ ok: false, code: error.code });
    expect(events.filter(({ type }) => type === 'attempt')).toHaveLength(1);
    await registry.close();
  });

  it('says that the board was pulled when its port goes between two tries', async () => {
    const registry = await openRegistry();
    let tries = 0;
    const connect = (port: string): Promise<never> => {
      tries += 1;
      return Promise.reject(
        tries === 1
          ? new EspmintError('LINK_CLOSED', { port, reason: 'gone' })
          : new EspmintError('PORT_NOT_FOUND', { port }),
      );
    };
    expect(await provisionDevice(PORT, PLAN, { registry, connect })).toMatchObject({
      ok: false,
      code: 'BOARD_REMOVED',
    });
    await registry.close();
  });

  it('gives a board up that keeps each step just alive, and leaves it retryable', async () => {
    const board = createVirtualBoard({ mac: MAC });
    const registry = await openRegistry();
    // Each answer comes within its own deadline, and none is ever the right one.
    const dripping = (real: Board): Board =>
      withCalls(real, {
        verifyRegion: async (_, options) => {
          for (;;) {
            if (options?.signal?.aborted === true) throw new EspmintError('CANCELLED', { what: 'Reading' });
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        },
      });
    const plan = { ...PLAN, timeoutMs: 300 };
    const result = await provisionDevice(PORT, plan, partsFor(board, registry, dripping));
    expect(result).toMatchObject({ ok: false, code: 'RUN_TIMED_OUT', retryable: true });
    expect((await registry.find({ mac: MAC }))?.status ?? 'pending').toBe('pending');
    await registry.close();
    board.dispose();
  });

  it('does not try again what cannot be cured by another connection', async () => {
    const board = createVirtualBoard({ mac: MAC, partitionTable: 'stock' });
    const registry = await openRegistry();
    const events: ProvisionEvent[] = [];
    const plan = { ...PLAN, target: { force: false, sizeBytes: 0x10000 } };
    const result = await provisionDevice(PORT, plan, partsFor(board, registry), {
      onEvent: (e) => events.push(e),
    });
    expect(result).toMatchObject({ ok: false, code: 'IMAGE_DOES_NOT_FIT', retryable: false });
    expect(events.filter(({ type }) => type === 'attempt')).toHaveLength(1);
    expect(await registry.find({ mac: MAC })).toBeUndefined();
    await registry.close();
    board.dispose();
  });

  it('never passes when what the chip holds is not the image', async () => {
    const board = createVirtualBoard({ mac: MAC });
    const registry = await openRegistry();
    const parts = partsFor(board, registry, (real) =>
      withCalls(real, {
        writeRegion: () => Promise.resolve({ found: 'blank', sectors: 16, sectorsWritten: 0 } as never),
      }),
    );
    const result = await provisionDevice(PORT, { ...PLAN, attempts: 1 }, parts);
    expect(result).toMatchObject({ ok: false, code: 'VERIFY_MISMATCH', stage: 'verify' });
    await registry.close();
    board.dispose();
  });

  it.each<Stage>(['connect', 'reserve', 'write'])(
    'stops when it is cancelled before %s, without a pass',
    async (stage) => {
      const board = createVirtualBoard({ mac: MAC });
      const registry = await openRegistry();
      const stop = new AbortController();
      const result = await provisionDevice(PORT, PLAN, partsFor(board, registry), {
        signal: stop.signal,
        onEvent: (event) => {
          if (event.type === 'stage' && event.stage === stage && event.state === 'started') stop.abort();
        },
      });
      expect(result).toMatchObject({ ok: false, code: 'CANCELLED' });
      expect(board.isFree).toBe(true);
      await registry.close();
      board.dispose();
    },
  );

  describe('on a board whose NVS holds values of other software', () => {
    const other: NvsRow[] = [
      { namespace: 'phy', key: 'cal_data', type: 'blob', value: Uint8Array.of(1, 2, 3) },
      { namespace: 'zc', key: 'wifi_ssid', type: 'string', value: 'old' },
    ];
    const runWith = async (mode: 'replace' | 'merge') => {
      const board = createVirtualBoard({ mac: MAC });
      board.flash.program(0x9000, encodeNvs(other, 0x10000));
      const registry = await openRegistry();
      const events: ProvisionEvent[] = [];
      const plan = { ...PLAN, layout: { ...PLAN.layout, mode } };
      const result = await provisionDevice(PORT, plan, partsFor(board, registry), {
        onEvent: (e) => events.push(e),
      });
      const names = decodeNvs(board.flash.read(0x9000, 0x10000)).values.map(
        ({ namespace, key }) => `${namespace}:${key}`,
      );
      await registry.close();
      board.dispose();
      return { result, events, names };
    };

    it('says before it writes what a fresh image loses', async () => {
      const { result, events, names } = await runWith('replace');
      expect(result.ok).toBe(true);
      expect(names).not.toContain('phy:cal_data');
      const warned = events.findIndex(
        ({ type, ...event }) => type === 'warning' && 'code' in event && event.code === 'NVS_VALUES_LOST',
      );
      const wrote = events.findIndex((event) => event.type === 'stage' && event.stage === 'write');
      expect(events[warned]).toMatchObject({
        message: expect.stringContaining('phy:cal_data, zc:wifi_ssid') as string,
      });
      expect(warned).toBeLessThan(wrote);
    });

    it('keeps them in mode merge', async () => {
      const { result, events, names } = await runWith('merge');
      expect(result.ok).toBe(true);
      expect(names).toEqual(expect.arrayContaining(['phy:cal_data', 'zc:wifi_ssid', 'zc:psk_secret']));
      expect(events).toContainEqual(
        expect.objectContaining({
          type: 'nvs',
          mode: 'merge',
          kept: ['phy:cal_data', 'zc:wifi_ssid'],
          lost: [],
        }),
      );
    });
  });

  describe('with boot rules', () => {
    const boot: NonNullable<ProvisionPlan['boot']> = {
      success: 'application',
      failure: [],
      timeoutMs: 3000,
      baud: 115_200,
    };
    const runWith = async (
      application: 'stock' | 'panic' | 'silent' | 'nvs-leaky',
      check: ProvisionPlan['boot'],
    ) => {
      const board = createVirtualBoard({ mac: MAC, application });
      const registry = await openRegistry();
      const events: ProvisionEvent[] = [];
      const result = await provisionDevice(
        PORT,
        { ...PLAN, attempts: 1, boot: check },
        partsFor(board, registry),
        {
          onEvent: (event) => events.push(event),
        },
      );
      const psk = await registry.reveal(MAC, 'test');
      await registry.close();
      board.dispose();
      return { result, events, psk };
    };

    it('passes a board whose firmware starts', async () => {
      const { result } = await runWith('stock', { ...boot, success: 'got-ip' });
      expect(result).toMatchObject({ ok: true, stagesMs: { boot: expect.any(Number) as number } });
    });

    it('passes a board whose firmware finds its NVS image, read by its own reader', async () => {
      const { result } = await runWith('nvs-leaky', {
        ...boot,
        success: { pattern: 'zc/global_uuid = [0-9a-f-]{36}$' },
      });
      expect(result).toMatchObject({ ok: true });
    });

    it('fails a board that panics, and one that stays silent', async () => {
      const panic = await runWith('panic', { ...boot, success: 'got-ip' });
      expect(panic.result).toMatchObject({ ok: false, code: 'BOOT_FAILED', stage: 'boot' });
      const silent = await runWith('silent', { ...boot, timeoutMs: 600 });
      expect(silent.result).toMatchObject({ ok: false, code: 'BOOT_TIMEOUT', stage: 'boot' });
    });

    it('shows no key, even of firmware that prints it', async () => {
      const { result, events, psk } = await runWith('nvs-leaky', {
        ...boot,
        failure: ['app: started'],
        success: 'got-ip',
      });
      expect(result.ok).toBe(false);
      expect(JSON.stringify([result, events])).not.toContain(psk);
    });
  });

  it('refuses a chip with flash encryption before it reserves a key', async () => {
    const board = createVirtualBoard({ mac: MAC, security: { flashEncryption: true } });
    const registry = await openRegistry();
    const result = await provisionDevice(PORT, PLAN, partsFor(board, registry));
    expect(result).toMatchObject({ ok: false, code: 'FLASH_ENCRYPTED', stage: 'inspect' });
    await registry.close();
    board.dispose();
  });
});
