// The flasher stub of a virtual chip: what differs from the ROM.
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { createVirtualBoard } from './board.js';
import { OP } from './packet.js';
import { checksumOf, request, slip, TestClient, words } from './testing/client.js';

const OK = [0, 0];
const RAM = 0x40080000;
const random = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, n) => (n * n * 31 + (n >> 5)) & 0xff);
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

let client: TestClient;

/** Uploads something with an entry point inside, as every loader does with its stub. */
function uploadStub(to: TestClient): Uint8Array[] {
  const code = random(64);
  to.command(OP.MEM_BEGIN, words(code.length, 1, 0x1800, RAM));
  to.block(OP.MEM_DATA, code);
  to.port.write(slip(request(OP.MEM_END, words(0, RAM + 4))));
  return to.takeFrames();
}

beforeEach(() => {
  client = TestClient.inLoader(createVirtualBoard({ flashContent: random(0x40000) }));
  uploadStub(client);
});

describe('the flasher stub', () => {
  it('greets after the reply to MEM_END', () => {
    const fresh = TestClient.inLoader(createVirtualBoard());
    const frames = uploadStub(fresh);
    expect(frames).toHaveLength(2);
    expect(text(frames[1])).toBe('OHAI');
  });

  it('is not what starts when the upload is far larger than one: that program says nothing until a reset', () => {
    const fresh = TestClient.inLoader(createVirtualBoard());
    const block = random(0x1000);
    fresh.command(OP.MEM_BEGIN, words(9 * block.length, 9, 0x1800, RAM));
    for (let n = 0; n < 9; n += 1) fresh.block(OP.MEM_DATA, block, n);
    fresh.port.write(slip(request(OP.MEM_END, words(0, RAM + 4))));
    expect(fresh.takeFrames()).toHaveLength(1);
    expect(fresh.sync()).toHaveLength(0);
    fresh.board.powerCycle('download', { quiet: true });
    expect(fresh.sync()).toHaveLength(8);
  });

  it('answers SYNC eight times with the value 0 and two status bytes', () => {
    const replies = client.sync();
    expect(replies).toHaveLength(8);
    for (const { value, body } of replies) expect([value, ...body]).toEqual([0, 0, 0]);
  });

  it('gives an MD5 as 16 raw bytes', () => {
    const { body } = client.command(OP.SPI_FLASH_MD5, words(0, 0x1000, 0, 0));
    const digest = createHash('md5').update(random(0x40000).subarray(0, 0x1000)).digest();
    expect([...body]).toEqual([...digest, 0, 0]);
  });

  it.each([
    ['an unknown op', OP.READ_FLASH_SLOW, words(0, 64), 0xc3],
    ['security info on an ESP32', OP.GET_SECURITY_INFO, words(), 0xff],
    ['a SPI_ATTACH of 8 bytes', OP.SPI_ATTACH, words(0, 0), 0xc0],
    ['an erase that is not aligned', OP.ERASE_REGION, words(0x10, 0x1000), 0xc0],
    ['data without a begin', OP.FLASH_DATA, Uint8Array.from([...words(4, 0, 0, 0), 1, 2, 3, 4]), 0xc6],
    ['an end without a begin', OP.FLASH_END, words(1), 0xc6],
    ['a WRITE_REG of 8 bytes', OP.WRITE_REG, words(1, 2), 0xc8],
  ])('refuses %s', (_, op, data, code) => {
    const sum = op === OP.FLASH_DATA ? checksumOf(data.subarray(16)) : 0;
    expect([...client.command(op, data, sum).body]).toEqual([code, 0]);
    expect(client.sync()).toHaveLength(8);
  });

  it('refuses a frame that runs the other way', () => {
    const frame = request(OP.READ_REG, words(0));
    frame[0] = 1;
    client.port.write(slip(frame));
    expect(client.takeReplies().map(({ body }) => [...body])).toEqual([[0xc3, 0]]);
  });

  it('acknowledges a block that cannot be inflated, and fails the next command instead of doing it', () => {
    client.command(OP.FLASH_DEFL_BEGIN, words(0x1000, 1, 0x4000, 0x9000));
    expect([...client.block(OP.FLASH_DEFL_DATA, Uint8Array.of(9, 9, 9, 9)).body]).toEqual(OK);
    expect([...client.command(OP.ERASE_REGION, words(0, 0x1000)).body]).toEqual([0xc7, 0]);
    expect(client.board.flash.isErased(0, 0x1000)).toBe(false);
    expect([...client.command(OP.ERASE_REGION, words(0, 0x1000)).body]).toEqual(OK);
  });

  it('fails a block with a bad checksum at once, and only that', () => {
    client.command(OP.FLASH_BEGIN, words(0x1000, 1, 0x4000, 0x9000, 0));
    const data = Uint8Array.from([...words(4, 0, 0, 0), 1, 2, 3, 4]);
    expect([...client.command(OP.FLASH_DATA, data, 0).body]).toEqual([0xc1, 0]);
    expect([...client.block(OP.FLASH_DATA, random(0x1000)).body]).toEqual(OK);
    expect([...client.command(OP.FLASH_END, words(1)).body]).toEqual(OK);
    expect(client.board.flash.read(0x9000, 0x1000)).toEqual(random(0x1000));
  });

  it('refuses the end of a write with bytes missing', () => {
    client.command(OP.FLASH_BEGIN, words(0x1000, 1, 0x4000, 0x9000));
    client.block(OP.FLASH_DATA, random(0x800));
    expect([...client.command(OP.FLASH_END, words(1)).body]).toEqual([0xc0, 0]);
  });

  it('acknowledges a stream longer than announced and refuses its end', () => {
    client.command(OP.FLASH_DEFL_BEGIN, words(0x100, 1, 0x4000, 0x9000));
    expect([...client.block(OP.FLASH_DEFL_DATA, new Uint8Array(deflateSync(random(0x200)))).body]).toEqual(
      OK,
    );
    expect([...client.command(OP.FLASH_DEFL_END, words(1)).body]).toEqual([0xc0, 0]);
  });

  it('erases only sectors that it writes, and skips those that are erased already', () => {
    const erased: number[] = [];
    client.command(OP.ERASE_REGION, words(0x9000, 0x3000));
    client.board.flash.observe({
      before: ({ kind, address }) => (kind === 'erase' && erased.push(address), 'done'),
    });
    client.command(OP.FLASH_BEGIN, words(0x2000, 1, 0x4000, 0x9000));
    client.block(OP.FLASH_DATA, random(0x2000));
    expect(erased).toEqual([]);
    client.command(OP.FLASH_BEGIN, words(0x2000, 1, 0x4000, 0x9000));
    client.block(OP.FLASH_DATA, random(0x2000));
    expect(erased).toEqual([0x9000, 0xa000]);
  });

  it('reads flash in packets that the host acknowledges, and ends with their MD5', () => {
    client.port.write(slip(request(OP.READ_FLASH, words(0x100, 0x1800, 0x1000, 64))));
    const [reply, first] = client.takeFrames();
    expect(reply?.[0]).toBe(1);
    expect(first).toEqual(random(0x40000).slice(0x100, 0x1100));
    client.port.write(slip(words(0x1000)));
    const [second] = client.takeFrames();
    expect(second).toHaveLength(0x800);
    client.port.write(slip(words(0x1800)));
    const [digest] = client.takeFrames();
    const expected = createHash('md5').update(random(0x40000).subarray(0x100, 0x1900)).digest();
    expect([...(digest ?? [])]).toEqual([...expected]);
  });

  it('stops a read at an acknowledgement of the wrong size', () => {
    client.port.write(slip(request(OP.READ_FLASH, words(0, 0x2000, 0x1000, 1))));
    client.takeFrames();
    client.port.write(slip(Uint8Array.of(1, 2)));
    expect(client.sync()).toHaveLength(8);
  });

  it('loses every frame after a shared delimiter until one extra delimiter comes', () => {
    const sync = slip(request(OP.READ_REG, words(0x40001000)));
    client.port.write(Uint8Array.from([...sync.slice(0, -1), ...sync]));
    client.takeFrames();
    client.port.write(sync);
    client.port.write(sync);
    expect(client.takeReplies()).toHaveLength(0);
    client.port.write(Uint8Array.of(0xc0));
    client.port.write(sync);
    expect(client.takeReplies()).toHaveLength(1);
  });
});
