// Flash encryption by the loader: what esptool writes encrypted is what espsecure makes of the same bytes and key.
import { describe, expect, it } from 'vitest';
import { createVirtualBoard } from '../board.js';
import { OP } from '../packet.js';
import { TestClient, words } from '../testing/client.js';
import { encryptForFlash, FLASH_KEY_BYTES } from './encryption.js';

const key = Uint8Array.from({ length: FLASH_KEY_BYTES }, (_, n) => n);
const plain = Uint8Array.from({ length: 0x120 }, (_, n) => (n * 5) & 0xff);
const encrypting = { flashEncryption: true };

describe('flash encryption', () => {
  it('does not depend on how the bytes are cut, and does on where they stand', () => {
    const whole = encryptForFlash(key, 0x9010, plain);
    const parts = [plain.subarray(0, 0x30), plain.subarray(0x30)];
    const cut = [
      encryptForFlash(key, 0x9010, parts[0] ?? plain),
      encryptForFlash(key, 0x9040, parts[1] ?? plain),
    ];
    expect(Uint8Array.from(cut.flatMap((part) => [...part]))).toEqual(whole);
    expect(encryptForFlash(key, 0x9090, plain)).not.toEqual(whole);
  });

  it('is done by the ROM for a write that asks for it', () => {
    const client = TestClient.inLoader(
      createVirtualBoard({ chip: 'esp32c3', security: encrypting, flashKey: key, partitionTable: 'none' }),
    );
    client.attach();
    client.command(OP.FLASH_BEGIN, words(0x120, 1, 0x400, 0x9000, 1));
    expect(client.block(OP.FLASH_DATA, plain).body[0]).toBe(0);
    expect(client.board.flash.read(0x9000, plain.length)).toEqual(encryptForFlash(key, 0x9000, plain));
  });

  it('is refused where an eFuse forbids it, and for a compressed write', () => {
    const begin = words(0x120, 1, 0x400, 0x9000, 1);
    const forbidden = TestClient.inLoader(
      createVirtualBoard({ chip: 'esp32c3', security: { ...encrypting, manualEncryptionOff: true } }),
    );
    forbidden.attach();
    expect([...forbidden.command(OP.FLASH_BEGIN, begin).body]).toEqual([1, 0x64, 0, 0]);
    const allowed = TestClient.inLoader(createVirtualBoard({ chip: 'esp32c3', security: encrypting }));
    allowed.attach();
    expect([...allowed.command(OP.FLASH_DEFL_BEGIN, begin).body]).toEqual([1, 0x64, 0, 0]);
  });
});
