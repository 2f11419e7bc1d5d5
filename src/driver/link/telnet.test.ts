// Telnet and RFC 2217: golden bytes, doubled IACs, streams split anywhere, and hostile streams.
import { concatBytes, hexToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COM_PORT, CONTROL, TelnetDecoder, VERB, comPortCommand, escapeData, negotiation } from './telnet.js';

const hex = (text: string): Uint8Array => hexToBytes(text.replaceAll(' ', ''));

describe('telnet', () => {
  it('encodes what RFC 2217 shows', () => {
    expect(negotiation(VERB.will, 44)).toEqual(hex('ff fb 2c'));
    expect(comPortCommand(COM_PORT.setBaud, hex('0001c200'))).toEqual(hex('ff fa 2c 01 0001c200 ff f0'));
    expect(comPortCommand(COM_PORT.setControl, Uint8Array.of(CONTROL.dtrOn))).toEqual(
      hex('ff fa 2c 05 08 ff f0'),
    );
  });

  it('doubles an IAC in data and in values', () => {
    expect(escapeData(hex('01 ff 02'))).toEqual(hex('01 ff ff 02'));
    expect(comPortCommand(COM_PORT.setBaud, hex('000000ff'))).toEqual(hex('ff fa 2c 01 000000 ffff ff f0'));
  });

  it('separates data from negotiation and answers, byte by byte too', () => {
    const stream = hex('41 fffb01 42 fffa 2c 65 0001c2ffff fff0 ffff 43 fff1 fffd2c');
    const whole = new TelnetDecoder().push(stream);
    expect(whole.data).toEqual(hex('41 42 ff 43'));
    expect(whole.events).toEqual([
      { kind: 'negotiation', verb: VERB.will, option: 1 },
      { kind: 'comPort', command: 101, value: hex('0001c2ff') },
      { kind: 'negotiation', verb: VERB.do, option: 44 },
    ]);
    const decoder = new TelnetDecoder();
    const parts = Array.from(stream, (byte) => decoder.push(Uint8Array.of(byte)));
    expect(concatBytes(...parts.map(({ data }) => data))).toEqual(whole.data);
    expect(parts.flatMap(({ events }) => events)).toEqual(whole.events);
  });

  it('gives back any data that was escaped', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        expect(new TelnetDecoder().push(escapeData(data)).data).toEqual(data);
      }),
    );
  });

  it('survives hostile streams: endless, empty and foreign sub-negotiations', () => {
    const decoder = new TelnetDecoder();
    const endless = concatBytes(hex('fffa2c65'), new Uint8Array(10_000), hex('fff0'));
    expect(decoder.push(endless).events).toHaveLength(1);
    expect(decoder.push(hex('fffafff0 fff0 fffa1801fff0 44'))).toEqual({ data: hex('44'), events: [] });
    fc.assert(fc.property(fc.uint8Array(), (data) => void new TelnetDecoder().push(data)));
  });
});
