// The Telnet layer: data and commands come apart in any cutting, and come together again.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeData, encodeSubnegotiation, TelnetDecoder } from './telnet.js';

const dataOf = (events: ReturnType<TelnetDecoder['push']>): number[] =>
  events.flatMap((event) => (event.type === 'data' ? [...event.bytes] : []));

describe('telnet', () => {
  it('gives back data and a subnegotiation, cut anywhere', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array({ maxLength: 20 }), fc.nat(60), (data, payload, cut) => {
        const wire = Uint8Array.from([...encodeData(data), ...encodeSubnegotiation(44, payload)]);
        const decoder = new TelnetDecoder();
        const events = [...decoder.push(wire.subarray(0, cut)), ...decoder.push(wire.subarray(cut))];
        expect(dataOf(events)).toEqual([...data]);
        expect(events.at(-1)).toEqual({ type: 'subnegotiation', option: 44, payload });
      }),
    );
  });

  it('never throws, and gives up a subnegotiation without end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => void new TelnetDecoder().push(noise)),
    );
    const decoder = new TelnetDecoder();
    decoder.push(Uint8Array.from([255, 250, 44, ...new Uint8Array(2000)]));
    expect(dataOf(decoder.push(Uint8Array.of(7)))).toEqual([7]);
  });
});
