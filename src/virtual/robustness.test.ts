// Whatever bytes come, a board neither throws nor hangs, and a proper client is served afterwards.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualBoard } from './board.js';
import { randomScenario } from './faults/random.js';
import { OP } from './packet.js';
import { request, slip, TestClient, words } from './testing/client.js';
import { FakeClock } from './testing/fake-clock.js';
import { REAL } from './timing.js';

const SMALL = { flashSizeBytes: 0x10_0000 };

describe('a board', () => {
  it('survives any request and any noise, in ROM and stub', () => {
    const board = createVirtualBoard(SMALL);
    const op = fc.constantFrom(...Object.values(OP).filter((one) => one !== OP.RUN_USER_CODE), 0x77);
    const frame = fc.tuple(op, fc.uint8Array({ maxLength: 40 }), fc.nat(255));
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(frame, { maxLength: 8 }),
        fc.uint8Array({ maxLength: 60 }),
        (stub, frames, noise) => {
          board.powerCycle('download', { quiet: true });
          const client = new TestClient(board);
          try {
            if (stub) {
              client.command(OP.MEM_BEGIN, words(16, 1, 0x400, 0x40080000));
              client.block(OP.MEM_DATA, new Uint8Array(16));
              client.port.write(slip(request(OP.MEM_END, words(0, 0x40080000))));
            }
            for (const [code, data, sum] of frames) client.port.write(slip(request(code, data, sum)));
            client.port.write(noise);
            client.board.powerCycle('download', { quiet: true });
            client.takeBytes();
            expect(client.sync()).toHaveLength(8);
          } finally {
            client.port.unplug();
          }
        },
      ),
      { numRuns: 60 },
    );
    board.dispose();
  });

  it('serves the next client after any scenario of faults', () => {
    for (let seed = 0; seed < 40; seed += 1) {
      const board = createVirtualBoard({ ...SMALL, clock: new FakeClock(), faults: randomScenario(seed) });
      const client = TestClient.inLoader(board);
      for (let n = 0; n < 12; n += 1) client.send(OP.READ_REG, words(0x40001000));
      client.port.unplug();
      board.arm({ seed: 0, faults: [] });
      expect(TestClient.inLoader(board).sync(), `seed ${seed}`).toHaveLength(8);
      board.dispose();
    }
  });
});

describe('a board with real timing', () => {
  it('boots, carries bytes at their rate, and answers an erase when it is done', () => {
    const clock = new FakeClock();
    const board = createVirtualBoard({ ...SMALL, timing: { ...REAL, usbLatencyMs: 1 }, clock });
    board.powerCycle('download', { quiet: true });
    const client = new TestClient(board);
    client.port.setBaud(115_200);
    clock.advance(REAL.bootMs);
    const timeOf = (op: number, data: Uint8Array): number => {
      const start = clock.now();
      client.port.write(slip(request(op, data)));
      while (client.takeReplies().length === 0) clock.advance(0.1);
      return clock.now() - start;
    };
    // 14 bytes each way at 11.52 bytes a millisecond, and the adapter.
    expect(timeOf(OP.READ_REG, words(0x40001000))).toBeCloseTo((28 * 10) / 115.2 + 1, 0);
    timeOf(OP.SPI_ATTACH, words(0, 0));
    const erase = timeOf(OP.FLASH_BEGIN, words(0x10000, 64, 0x400, 0x9000));
    expect(erase).toBeGreaterThan(16 * REAL.eraseSectorMs);
    expect(erase).toBeLessThan(16 * REAL.eraseSectorMs + 10);
    board.dispose();
  });
});
