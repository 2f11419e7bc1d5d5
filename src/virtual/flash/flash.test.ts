// Flash cells and their file: bits only fall, sectors rise whole, a killed process loses nothing.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mirrorToFile, readFlashFile } from './file.js';
import { BLOCK_BYTES, FlashMemory, NarrowFlash, PowerLost, SECTOR_BYTES } from './memory.js';

const SIZE = 0x100000;

describe('flash cells', () => {
  it('hold the AND of all that was programmed since the erase', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 256 }),
        fc.uint8Array({ minLength: 1, maxLength: 256 }),
        (a, b) => {
          const flash = new FlashMemory(0x2000);
          flash.program(0x1000, a);
          flash.program(0x1000, b);
          const both = flash.read(0x1000, 256);
          both.forEach((byte, n) => {
            expect(byte).toBe((a[n] ?? 0xff) & (b[n] ?? 0xff));
          });
        },
      ),
    );
  });

  it('are erased by sector and by block, whatever address inside is named', () => {
    const flash = new FlashMemory(SIZE, new Uint8Array(SIZE));
    flash.erase(0x1234, SECTOR_BYTES);
    expect(flash.isErased(0x1000, 0x1000)).toBe(true);
    expect(flash.read(0xfff, 1)[0]).toBe(0);
    flash.erase(0x2_0000, BLOCK_BYTES);
    expect(flash.isErased(0x2_0000, BLOCK_BYTES)).toBe(true);
    expect(flash.read(0x3_0000, 1)[0]).toBe(0);
  });

  it('are half done when power goes', () => {
    const flash = new FlashMemory(SIZE, new Uint8Array(SIZE));
    flash.observe({ before: () => 'power-loss' });
    expect(() => {
      flash.erase(0, SECTOR_BYTES);
    }).toThrow(PowerLost);
    expect(flash.isErased(0, SECTOR_BYTES / 2)).toBe(true);
    expect(flash.isErased(0, SECTOR_BYTES)).toBe(false);
  });
});

describe('a flash file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'espmint-flash-'));
    path = join(folder, 'flash.bin');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is created whole, follows every change at once, and is read again', () => {
    expect(readFlashFile(path)).toBeUndefined();
    const flash = new FlashMemory(SIZE);
    const stop = mirrorToFile(flash, path);
    flash.program(0x9000, Uint8Array.of(1, 2, 3));
    expect([...readFileSync(path).subarray(0x9000, 0x9004)]).toEqual([1, 2, 3, 0xff]);
    stop();
    expect(Buffer.compare(readFlashFile(path) ?? Buffer.alloc(0), flash.bytes)).toBe(0);
  });

  it('is refused when its size is not that of a flash chip', () => {
    writeFileSync(path, 'hello');
    expect(() => readFlashFile(path)).toThrow(/5 bytes/);
  });

  it('is refused when its folder is missing', () => {
    expect(() => mirrorToFile(new FlashMemory(SIZE), join(folder, 'no', 'flash.bin'))).toThrow(/flash file/);
  });
});

describe('a flash of more than 16 MB', () => {
  it('wraps for commands with three address bytes: reads, erases and writes go to its start', () => {
    const flash = new FlashMemory(0x200_0000);
    flash.program(0x1_0000, Uint8Array.of(1, 2, 3));
    const narrow = new NarrowFlash(flash);
    expect([...narrow.read(0x101_0000, 3)]).toEqual([1, 2, 3]);
    expect([...narrow.read(0xff_ffff, 2)]).toEqual([0xff, 0xff]);
    expect(narrow.isErased(0x101_0000, 3)).toBe(false);
    narrow.erase(0x101_0000, 0x1000);
    expect(flash.isErased(0x1_0000, 3)).toBe(true);
    narrow.program(0x102_0000, Uint8Array.of(7));
    expect(flash.bytes[0x2_0000]).toBe(7);
    expect(flash.isErased(0x102_0000, 1)).toBe(true);
  });
});
