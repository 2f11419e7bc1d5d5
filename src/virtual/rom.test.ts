// The ROM loader of a virtual ESP32, command by command.
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createVirtualBoard } from './board.js';
import { OP } from './packet.js';
import { request, slip, TestClient, words } from './testing/client.js';

const OK = [0, 0, 0, 0];
const failed = (code: number): number[] => [1, code, 0, 0];
const content = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, n) => (n * 7) & 0xff);

function loader(options: Parameters<typeof createVirtualBoard>[0] = {}): TestClient {
  return TestClient.inLoader(createVirtualBoard(options));
}

describe('the ROM loader of an ESP32', () => {
  it('answers one SYNC with eight replies that are not those of a stub', () => {
    const replies = loader().sync();
    expect(replies).toHaveLength(8);
    for (const reply of replies) {
      expect(reply.op).toBe(OP.SYNC);
      expect(reply.value).not.toBe(0);
      expect([...reply.body]).toEqual(OK);
    }
  });

  it('shows its magic word and a MAC with the CRC that the factory burns', () => {
    const client = loader({ mac: 'a4:cf:12:34:56:78' });
    expect(client.readRegister(0x40001000)).toBe(0x00f01d83);
    expect(client.readRegister(0x3ff5a004)).toBe(0x12345678);
    const upper = client.readRegister(0x3ff5a008);
    expect(upper & 0xffff).toBe(0xa4cf);
    // Value by espefuse for this MAC.
    expect(upper >>> 16).toBe(0x55);
  });

  it('answers an unknown command under the op code of the last one: eight times behind a SYNC, else once', () => {
    const client = loader();
    client.sync();
    const replies = client.send(OP.GET_SECURITY_INFO);
    expect(replies).toHaveLength(8);
    for (const reply of replies) {
      expect(reply.op).toBe(OP.SYNC);
      expect([...reply.body]).toEqual(failed(5));
    }
    const value = client.readRegister(0x40001000);
    expect(client.send(0x55)).toEqual([{ op: OP.READ_REG, value, body: Uint8Array.from(failed(5)) }]);
    expect(client.sync()).toHaveLength(8);
  });

  it('leaves the error byte of the last failure in replies of commands that do not set it', () => {
    const client = loader();
    client.attach();
    client.command(OP.FLASH_BEGIN, words(0x1000, 4, 0x400, 0x9001));
    expect([...client.command(OP.FLASH_BEGIN, words(0x1000, 4, 0x400, 0x9000)).body]).toEqual([0, 6, 0, 0]);
    client.readRegister(0);
    expect([...client.command(OP.FLASH_BEGIN, words(0x1000, 4, 0x400, 0x9000)).body]).toEqual(OK);
  });

  it('takes blocks by their numbers, and none again that came damaged', () => {
    const client = loader();
    client.attach();
    client.command(OP.FLASH_BEGIN, words(0x1000, 4, 0x400, 0x9000));
    expect([...client.block(OP.FLASH_DATA, content(0x400), 1).body]).toEqual(failed(5));
    const data = Uint8Array.from([...words(0x400, 0, 0, 0), ...content(0x400)]);
    expect([...client.command(OP.FLASH_DATA, data, 0x11).body]).toEqual(failed(7));
    expect([...client.block(OP.FLASH_DATA, content(0x400), 0).body]).toEqual(failed(5));
  });

  it('reads each plain block back, and tells where flash does not hold it', () => {
    const client = loader({ flashContent: new Uint8Array(0x10000) });
    client.attach();
    client.command(OP.FLASH_BEGIN, words(0, 4, 0x400, 0x9000));
    expect([...client.block(OP.FLASH_DATA, Uint8Array.of(1, 0, 0, 0)).body]).toEqual(failed(8));
  });

  it('acts on a frame that was cut, with what the one before left in its buffer', () => {
    const client = loader();
    client.attach();
    client.command(OP.MEM_BEGIN, words(0x1000, 4, 0x400, 0x9000));
    client.port.write(Uint8Array.of(0xc0, 0, OP.FLASH_BEGIN, 0xc0));
    expect(client.takeReplies().map(({ op, body }) => [op, ...body])).toEqual([[OP.FLASH_BEGIN, ...OK]]);
    expect([...client.block(OP.FLASH_DATA, content(0x400)).body]).toEqual(OK);
    expect(client.board.flash.read(0x9000, 0x400)).toEqual(content(0x400));
  });

  it('changes the bits that a mask names, several registers in one WRITE_REG', () => {
    const client = loader();
    const group = (address: number, value: number, mask: number): number[] => [address, value, mask, 0];
    const data = words(...group(0x3ffae000, 0x12345678, 0xffffffff), ...group(0x3ffae004, 0xff, 0x0f));
    expect([...client.command(OP.WRITE_REG, data).body]).toEqual(OK);
    expect(client.readRegister(0x3ffae000)).toBe(0x12345678);
    expect(client.readRegister(0x3ffae004)).toBe(0x0f);
  });

  it('refuses flash commands until the flash is attached', () => {
    const client = loader();
    expect([...client.command(OP.FLASH_BEGIN, words(0x1000, 4, 0x400, 0x9000)).body]).toEqual(failed(6));
  });

  it('takes 16 bytes of FLASH_BEGIN and refuses 20', () => {
    const client = loader();
    client.attach();
    expect([...client.command(OP.FLASH_BEGIN, words(0x1000, 4, 0x400, 0x9000, 0)).body]).toEqual(failed(5));
    expect(client.command(OP.FLASH_BEGIN, words(0x1000, 4, 0x400, 0x9000)).body[0]).toBe(0);
  });

  it('erases at FLASH_BEGIN and writes each block before it answers', () => {
    const client = loader({ flashContent: new Uint8Array(0x20000) });
    client.attach();
    client.command(OP.FLASH_BEGIN, words(0x1000, 4, 0x400, 0x9000));
    expect(client.board.flash.isErased(0x9000, 0x1000)).toBe(true);
    expect(client.board.flash.read(0x8fff, 1)[0]).toBe(0);
    expect(client.board.flash.read(0xa000, 1)[0]).toBe(0);
    expect([...client.block(OP.FLASH_DATA, content(0x400)).body]).toEqual(OK);
    expect(client.board.flash.read(0x9000, 0x400)).toEqual(content(0x400));
  });

  it('writes a compressed stream cut into blocks at any place', () => {
    const client = loader();
    client.attach();
    const plain = content(0x3000);
    const packed = new Uint8Array(deflateSync(plain, { level: 1 }));
    const cut = 100;
    const blocks = Math.ceil(packed.length / cut);
    client.command(OP.FLASH_DEFL_BEGIN, words(0x3000, blocks, 0x400, 0x9000));
    for (let n = 0; n < blocks; n += 1) {
      const reply = client.block(OP.FLASH_DEFL_DATA, packed.subarray(n * cut, (n + 1) * cut), n);
      expect([...reply.body]).toEqual(OK);
    }
    expect(client.board.flash.read(0x9000, 0x3000)).toEqual(plain);
  });

  it('refuses a block with a bad checksum and leaves flash alone', () => {
    const client = loader();
    client.attach();
    client.command(OP.FLASH_BEGIN, words(0x1000, 4, 0x400, 0x9000));
    const data = Uint8Array.from([...words(4, 0, 0, 0), 1, 2, 3, 4]);
    expect([...client.command(OP.FLASH_DATA, data, 0x11).body]).toEqual(failed(7));
    expect(client.board.flash.isErased(0x9000, 0x1000)).toBe(true);
  });

  it('reports a stream that is no zlib stream', () => {
    const client = loader();
    client.attach();
    client.command(OP.FLASH_DEFL_BEGIN, words(0x1000, 1, 0x400, 0x9000));
    expect([...client.block(OP.FLASH_DEFL_DATA, Uint8Array.of(1, 2, 3, 4, 5)).body]).toEqual(failed(0x0b));
  });

  it('gives the MD5 of flash as 32 hex digits and the status after it', () => {
    const client = loader({ flashContent: content(0x10000) });
    client.attach();
    const { body } = client.command(OP.SPI_FLASH_MD5, words(0x100, 0x1000, 0, 0));
    expect(body).toHaveLength(36);
    const expected = createHash('md5').update(content(0x10000).subarray(0x100, 0x1100)).digest('hex');
    expect(new TextDecoder().decode(body.subarray(0, 32))).toBe(expected);
    expect([...body.subarray(32)]).toEqual(OK);
  });

  it('reads 64 bytes at a time, never beyond the size it was told', () => {
    const client = loader({ flashContent: content(0x10000) });
    client.command(OP.SPI_ATTACH, words(0, 0));
    const beyond = client.command(OP.READ_FLASH_SLOW, words(0x200000, 64)).body;
    expect([...beyond.subarray(64)]).toEqual(failed(9));
    expect([...client.command(OP.READ_FLASH_SLOW, words(0, 65)).body.subarray(64)]).toEqual(failed(0x0a));
    const { body } = client.command(OP.READ_FLASH_SLOW, words(0x10, 4));
    expect(body).toHaveLength(68);
    expect(body.subarray(0, 4)).toEqual(content(0x10000).subarray(0x10, 0x14));
    expect(client.command(OP.READ_FLASH_SLOW, words(0x10, 4, 64, 64)).body).toEqual(body);
  });

  it('tells its flash id through the SPI controller once the flash is attached', () => {
    const base = 0x3ff42000;
    const readId = (client: TestClient): number => {
      const write = (offset: number, value: number): void =>
        void client.command(OP.WRITE_REG, words(base + offset, value, 0xffffffff, 0));
      write(0x2c, 23);
      write(0x1c, 0x80000000 | (1 << 28));
      write(0x24, (7 << 28) | 0x9f);
      write(0x80, 0);
      write(0x00, 1 << 18);
      return client.readRegister(base + 0x80);
    };
    const client = loader();
    expect(readId(client)).toBe(0xffffff);
    client.attach();
    expect(readId(client)).toBe(0x1640ef);
  });

  it('restarts into its loader when FLASH_END asks for it: its boot mode stays', () => {
    const client = loader();
    client.attach();
    client.command(OP.FLASH_BEGIN, words(0, 0, 0x400, 0));
    client.port.write(slip(request(OP.FLASH_END, words(0))));
    expect(client.takeText()).toMatch(/SW_RESET.*DOWNLOAD_BOOT/);
    expect(client.sync()).toHaveLength(8);
  });

  it.each([
    ['asks for it', 0, 1],
    ['comes too early', 4, 0],
  ])('runs what is in flash, without a reset, when FLASH_END %s', (_, blocks, word) => {
    const client = loader();
    client.attach();
    client.command(OP.FLASH_BEGIN, words(0x400 * blocks, blocks, 0x400, 0));
    client.port.write(slip(request(OP.FLASH_END, words(word))));
    const text = client.takeText();
    expect(text).toContain('app_main');
    expect(text).not.toContain('rst:');
    expect(client.sync()).toHaveLength(0);
  });

  it('is silent in the application and comes back when the lines say download', async () => {
    const client = new TestClient(createVirtualBoard());
    expect(client.sync()).toHaveLength(0);
    client.port.setLines({ dtr: false, rts: true });
    client.port.setLines({ dtr: true, rts: false });
    await expect.poll(() => client.takeText()).toContain('waiting for download');
    expect(client.sync()).toHaveLength(8);
  });

  it('answers nothing to bytes at a wrong rate, and measures the rate anew after a reset', () => {
    const client = loader();
    client.port.setBaud(230400);
    expect(client.sync()).toHaveLength(8);
    client.port.setBaud(115200);
    expect(client.sync()).toHaveLength(0);
    client.board.powerCycle('download', { quiet: true });
    expect(client.sync()).toHaveLength(8);
  });

  it('answers CHANGE_BAUDRATE at the old rate and listens at the new one', () => {
    const client = loader();
    client.port.setBaud(115200);
    client.sync();
    expect([...client.command(OP.CHANGE_BAUDRATE, words(921600, 0)).body]).toEqual(OK);
    expect(client.sync()).toHaveLength(0);
    client.port.setBaud(921600);
    // What came at the wrong rate ends with the first delimiter, and is refused.
    expect(client.sync().filter(({ op }) => op === OP.SYNC)).toHaveLength(8);
  });
});
