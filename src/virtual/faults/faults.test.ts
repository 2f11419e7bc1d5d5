// Each fault does what it says, once, and a board comes back afterwards.
import { describe, expect, it } from 'vitest';
import { createVirtualBoard } from '../board.js';
import { OP } from '../packet.js';
import { request, slip, TestClient, words } from '../testing/client.js';
import { randomScenario } from './random.js';
import { parseScenario, type Fault } from './scenario.js';

const READ = [OP.READ_REG, words(0x40001000)] as const;
/** Bytes on the wire of that request and of its reply. */
const REQUEST_BYTES = 14;

function boardWith(...faults: Fault[]): TestClient {
  return TestClient.inLoader(createVirtualBoard({ faults: { seed: 1, faults } }));
}

describe('faults of the wire', () => {
  it.each(['drop', 'flip'] as const)('%s: one request is lost, the next is answered', (kind) => {
    const client = boardWith({ kind, direction: 'to-chip', atByte: 0, count: 1 });
    expect(client.send(...READ)).toHaveLength(0);
    // The tail of the damaged frame ended in a delimiter, so the chip is in step again.
    expect(client.send(...READ)).toHaveLength(1);
  });

  it('duplicate: a byte comes twice', () => {
    const client = boardWith({ kind: 'duplicate', direction: 'to-host', atByte: 8, count: 1 });
    client.port.write(slip(request(...READ)));
    expect(client.takeBytes()).toHaveLength(15);
  });

  it('delay: bytes come late and complete', async () => {
    const client = boardWith({ kind: 'delay', direction: 'to-host', atByte: 3, ms: 20 });
    client.port.write(slip(request(...READ)));
    let received = Buffer.from(client.takeBytes()).toString('hex');
    expect(received).toBe('c0010a');
    await expect.poll(() => (received += Buffer.from(client.takeBytes()).toString('hex')).length).toBe(28);
    expect(received).toMatch(/^c0010a04.*c0$/);
  });

  it('noise: text stands between two frames', () => {
    const client = boardWith({ kind: 'noise', atFrame: 1, text: 'hello' });
    client.command(...READ);
    client.port.write(slip(request(...READ)));
    expect(client.takeText()).toMatch(/^hello/);
  });

  it('disconnect: the host is told, the chip runs on', () => {
    const client = boardWith({ kind: 'disconnect', direction: 'to-chip', atByte: REQUEST_BYTES + 3 });
    client.command(...READ);
    client.send(...READ);
    expect(client.goneBecause).toMatch(/cable/);
    // The half of a frame that it has is a frame to it, when the next one begins.
    expect(new TestClient(client.board).send(...READ).length).toBeLessThanOrEqual(2);
  });

  it('power-loss: the host is told, and the chip starts its application when it is plugged in again', () => {
    const client = boardWith({ kind: 'power-loss', direction: 'to-host', atByte: 2 });
    client.send(...READ);
    expect(client.goneBecause).toMatch(/power/);
    const again = new TestClient(client.board);
    expect(again.sync()).toHaveLength(0);
  });

  it('baud-limit: below it all is well, above it requests are lost', () => {
    const client = boardWith({ kind: 'baud-limit', baud: 115200, oneIn: 2 });
    client.port.setBaud(115200);
    expect(client.sync()).toHaveLength(8);
    client.command(OP.CHANGE_BAUDRATE, words(460800, 0));
    client.port.setBaud(460800);
    expect(client.sync().filter(({ op, body }) => op === OP.SYNC && body.length === 4).length).toBeLessThan(
      8,
    );
  });
});

describe('faults of chip and flash', () => {
  it('power-loss-during erase: the sector is half erased and the chip is off', () => {
    const client = TestClient.inLoader(
      createVirtualBoard({
        flashContent: new Uint8Array(0x20000),
        faults: { seed: 1, faults: [{ kind: 'power-loss-during', operation: 'erase', nth: 2 }] },
      }),
    );
    client.attach();
    client.send(OP.FLASH_BEGIN, words(0x3000, 12, 0x400, 0x9000));
    expect(client.goneBecause).toMatch(/power/);
    const { flash } = client.board;
    expect(flash.isErased(0x9000, 0x1800)).toBe(true);
    expect(flash.isErased(0xa000, 0x1000)).toBe(false);
    expect(flash.read(0xb000, 1)[0]).toBe(0);
  });

  it('power-loss-during program: a page is half programmed', () => {
    const client = boardWith({ kind: 'power-loss-during', operation: 'program', nth: 1 });
    client.attach();
    client.command(OP.FLASH_BEGIN, words(0x1000, 4, 0x400, 0x9000));
    client.send(OP.FLASH_DATA, Uint8Array.from([...words(0x400, 0, 0, 0), ...new Uint8Array(0x400)]), 0xef);
    expect(client.goneBecause).toMatch(/power/);
    expect(client.board.flash.read(0x9000, 1)[0]).toBe(0);
    expect(client.board.flash.isErased(0x9080, 0x80)).toBe(true);
  });

  it('reset-loop: the log shows several starts before the loader answers', async () => {
    const client = new TestClient(createVirtualBoard({ faults: { seed: 1, faults: [] } }));
    client.takeText();
    client.board.arm({ seed: 1, faults: [{ kind: 'reset-loop', boots: 2 }] });
    client.board.powerCycle('download');
    let log = '';
    await expect.poll(() => (log += client.takeText()).match(/rst:/g)?.length).toBe(3);
    expect(client.sync()).toHaveLength(8);
  });

  it('failing-block: one block is refused, the same block again is taken', () => {
    const client = boardWith({ kind: 'failing-block', nth: 1 });
    client.attach();
    client.command(OP.FLASH_BEGIN, words(0x1000, 4, 0x400, 0x9000));
    const block = new Uint8Array(0x400).fill(7);
    expect([...client.block(OP.FLASH_DATA, block).body]).toEqual([1, 8, 0, 0]);
    expect(client.block(OP.FLASH_DATA, block).body[0]).toBe(0);
  });

  it('wrong-md5: the digest of its turn is not that of the flash', () => {
    const client = boardWith({ kind: 'wrong-md5', nth: 2 });
    client.attach();
    const digest = (): string => String(client.command(OP.SPI_FLASH_MD5, words(0, 0x100, 0, 0)).body);
    const first = digest();
    expect(digest()).not.toBe(first);
    expect(digest()).toBe(first);
  });

  it('wrong-proof: the digest of what was written is wrong each time, and of nothing else', () => {
    const client = boardWith({ kind: 'wrong-proof' });
    client.attach();
    const digest = (at: number): string =>
      String(client.command(OP.SPI_FLASH_MD5, words(at, 0x1000, 0, 0)).body);
    const blank = digest(0x20000);
    client.command(OP.FLASH_BEGIN, words(0x1000, 1, 0x400, 0x20000));
    client.block(OP.FLASH_DATA, new Uint8Array(0x400).fill(0xff));
    const [first, second] = [digest(0x20000), digest(0x20000)];
    expect(first).not.toBe(blank);
    expect(second).toBe(first);
    expect(digest(0x21000)).toBe(blank);
  });

  it('flip-answer: one bit of one answer is wrong, and the frame is whole', () => {
    const client = boardWith(
      { kind: 'flip-answer', command: 'read-register', address: 0x40001000, nth: 2, bit: 4 },
      { kind: 'flip-answer', command: 'flash-md5', nth: 1, bit: 9 },
    );
    const read = (address = 0x40001000): number => client.command(OP.READ_REG, words(address)).value;
    const [first] = [read(), read(0x3ff5a004)];
    expect(read()).toBe((first ^ 0x10) >>> 0);
    expect(read()).toBe(first);
    client.attach();
    const digest = (): number[] => [...client.command(OP.SPI_FLASH_MD5, words(0, 0x100, 0, 0)).body];
    const [wrong, right] = [digest(), digest()];
    expect(right.map((byte, at) => byte ^ (wrong[at] ?? 0)).filter((bits) => bits !== 0)).toEqual([2]);
    expect(wrong).toHaveLength(right.length);
  });

  it('silent: no answers until the next reset', () => {
    const client = boardWith({ kind: 'silent', nth: 2 });
    client.command(...READ);
    expect(client.send(...READ)).toHaveLength(0);
    expect(client.send(...READ)).toHaveLength(0);
    client.board.powerCycle('download', { quiet: true });
    client.command(...READ);
  });

  it('slow: answers are late from its turn on', async () => {
    const client = boardWith({ kind: 'slow', nth: 2, ms: 30 });
    client.command(...READ);
    expect(client.send(...READ)).toHaveLength(0);
    await expect.poll(() => client.takeReplies().length).toBe(1);
  });

  it('stuck-cell: bits stay 0 through erase', () => {
    const client = boardWith({ kind: 'stuck-cell', address: 0x9004, bits: 0x10 });
    client.attach();
    client.command(OP.FLASH_BEGIN, words(0x1000, 4, 0x400, 0x9000));
    expect(client.board.flash.read(0x9004, 1)[0]).toBe(0xef);
  });

  it('swap-chip: another MAC from the next connection on', () => {
    const client = boardWith();
    client.board.arm({ seed: 1, faults: [{ kind: 'swap-chip', mac: 'a4:cf:12:00:00:99' }] });
    expect(client.readRegister(0x3ff5a004)).toBe(0x12345678);
    client.port.unplug();
    const next = new TestClient(client.board);
    client.board.powerCycle('download', { quiet: true });
    expect(next.readRegister(0x3ff5a004)).toBe(0x12000099);
    expect(client.board.mac).toBe('a4:cf:12:00:00:99');
  });
});

describe('scenarios', () => {
  it('are the same for the same seed, and read back from their JSON text', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const scenario = randomScenario(seed);
      expect(randomScenario(seed)).toEqual(scenario);
      expect(parseScenario(JSON.stringify(scenario))).toEqual(scenario);
    }
  });

  it.each([
    ['no JSON', '{', /the file:1 is not JSON/],
    [
      'a kind that stands twice',
      '{"faults":[\n{"kind":"wrong-md5","kind":"slow"}]}',
      /the file:2 has "kind" twice/,
    ],
    ['a kind that every object has', '{"faults":[{"kind":"toString"}]}', /faults\[0\]\.kind/],
    ['an unknown kind', '{"faults":[{"kind":"gremlin"}]}', /faults\[0\]\.kind/],
    ['a missing field', '{"faults":[{"kind":"wrong-md5"}]}', /faults\[0\]\.nth/],
    ['a surplus field', '{"faults":[{"kind":"wrong-md5","nth":1,"mth":2}]}', /mth/],
    ['a wrong direction', '{"faults":[{"kind":"delay","direction":"up","atByte":1,"ms":2}]}', /direction/],
  ])('are refused with the place: %s', (_, text, place) => {
    expect(() => parseScenario(text)).toThrow(place);
  });
});
