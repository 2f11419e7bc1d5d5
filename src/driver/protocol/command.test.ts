// Commands and replies: golden bytes from the protocol document, and hostile frames that are no reply.
import { hexToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  OP,
  SYNC_DATA,
  checksumOf,
  dataBlock,
  decodeReply,
  encodeRequest,
  isChecksumFailure,
  isUnsupported,
  meaningOf,
  splitBody,
  words,
} from './command.js';

const hex = (text: string): Uint8Array => hexToBytes(text.replaceAll(' ', ''));

describe('requests', () => {
  it('encodes READ_REG of the magic register', () => {
    expect(encodeRequest(OP.readRegister, words(0x4000_1000))).toEqual(hex('00 0a 0400 00000000 00100040'));
  });

  it('encodes SYNC', () => {
    const sync = encodeRequest(OP.sync, SYNC_DATA);
    expect(sync.length).toBe(44);
    expect(sync.subarray(0, 13)).toEqual(hex('00 08 2400 00000000 07071220 55'));
  });

  it('puts the block checksum in the header, over the block only', () => {
    const block = hex('01 02 04');
    const request = encodeRequest(OP.flashData, dataBlock(block, 5), checksumOf(block));
    expect(request).toEqual(hex('00 03 1300 e8000000 03000000 05000000 00000000 00000000 010204'));
    expect(checksumOf(new Uint8Array(0))).toBe(0xef);
  });
});

describe('replies', () => {
  it('decodes a register value with the four status bytes of a ROM', () => {
    const reply = decodeReply(hex('01 0a 0400 831df000 00000000'));
    expect(reply).toMatchObject({ op: OP.readRegister, value: 0x00f0_1d83 });
    expect(reply && splitBody(reply.body, [0])).toEqual({ ok: true, data: new Uint8Array(0) });
  });

  it.each([
    ['boot text', hex('6574732048656c6c6f20776f726c64')],
    ['a request that was echoed', hex('00 0a 0400 00000000 00100040')],
    ['a frame that lost a byte', hex('01 0a 0400 831df000 000000')],
    ['a frame that gained a byte', hex('01 0a 0400 831df000 0000000000')],
    ['a header without status', hex('01 0a 0000 831df000')],
    ['a frame of another kind', hex('4f484149')],
  ])('takes %s for no reply', (_, frame) => {
    expect(decodeReply(frame)).toBeUndefined();
  });

  it('never throws, whatever the frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(64), (frame, dataBytes) => {
        const reply = decodeReply(frame);
        if (reply !== undefined) splitBody(reply.body, [dataBytes]);
      }),
    );
  });
});

describe('the status of a reply', () => {
  it('stands behind the data, with two bytes (stub) or four (ROM)', () => {
    const md5 = new Uint8Array(16).fill(7);
    expect(splitBody(Uint8Array.of(...md5, 0, 0), [16])).toEqual({ ok: true, data: md5 });
    expect(splitBody(Uint8Array.of(...md5, 0, 0, 0, 0), [16])).toEqual({ ok: true, data: md5 });
  });

  it('is found at the start when a failed command left its data out', () => {
    expect(splitBody(hex('01 06 0000'), [32])).toEqual({ ok: false, code: 0x06 });
  });

  it('has one byte of reason from a ROM and two from the stub', () => {
    expect(splitBody(hex('01 05 0000'), [0])).toEqual({ ok: false, code: 0x05 });
    expect(splitBody(hex('c7 00'), [0])).toEqual({ ok: false, code: 0xc700 });
    expect(splitBody(hex('ff 00'), [0])).toEqual({ ok: false, code: 0xff00 });
  });

  it('is found behind the longest data that fits, where a command has two forms', () => {
    const rom = Uint8Array.of(...new Uint8Array(32).fill(0x61), 0, 0, 0, 0);
    const stub = Uint8Array.of(...new Uint8Array(16).fill(0x61), 0, 0);
    expect([rom, stub].map((body) => splitBody(body, [16, 32]))).toMatchObject([
      { data: rom.subarray(0, 32) },
      { data: stub.subarray(0, 16) },
    ]);
  });

  it('does not take a short success for an answer', () => {
    expect(splitBody(hex('00 00 0000'), [32])).toBeUndefined();
  });

  it('tells a lacking command, a damaged block and a failure apart', () => {
    expect([0x05, 0xc300, 0xff00, 0x06].map(isUnsupported)).toEqual([true, true, true, false]);
    expect([0x07, 0xc100, 0x08].map(isChecksumFailure)).toEqual([true, true, false]);
    expect(meaningOf(0x08)).toContain('flash');
    expect(meaningOf(0x77)).toContain('no known reason');
  });
});
