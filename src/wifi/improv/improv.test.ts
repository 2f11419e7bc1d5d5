// Improv Serial: packets among log text, and the client against a virtual device and against devices of other habits.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn } from '../../../test/support/plug-in.js';
import { scriptedLink } from '../../../test/support/scripted-link.js';
import type { VirtualBoard, WifiFault } from '../../virtual/index.js';
import { ImprovClient } from './client.js';
import {
  COMMAND,
  decodeResult,
  encodeCall,
  encodePacket,
  encodeTexts,
  PACKET_TYPE,
  PacketScanner,
} from './packet.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const packet = (type: number, ...data: number[]): Uint8Array =>
  encodePacket({ type, data: Uint8Array.from(data) });

describe('packets of Improv', () => {
  it('carry credentials as the published vector', () => {
    expect(hex(encodeCall(1, encodeTexts(['NetA', 'secret pass'])))).toBe(
      '0111044e6574410b7365637265742070617373',
    );
  });

  it('are found among log lines, cut anywhere, behind a broken start, with or without a line feed', () => {
    const broken = Uint8Array.from([...bytes('IMPROV'), 1, 4, 3, 9, 9, 9, 1]);
    const stream = Uint8Array.from([
      ...bytes('I (29) boot: IMPROVe\r\nIMPRO'),
      ...packet(1, 2),
      ...broken,
      ...packet(4, 3, 0).slice(0, -1),
      ...packet(2, 0),
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 8 }), (cuts) => {
        const scanner = new PacketScanner();
        const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const found = places.flatMap(
          (at, index) => scanner.push(stream.subarray(at, places[index + 1] ?? at)).packets,
        );
        expect(found.map(({ type, data }) => [type, ...data])).toEqual([
          [1, 2],
          [4, 3, 0],
          [2, 0],
        ]);
      }),
    );
  });

  it('with a data length of 0x0A are packets like others', () => {
    const data = Uint8Array.from([4, 8, 1, 65, 3, 45, 52, 48, 1, 78]);
    expect(data).toHaveLength(0x0a);
    const [found] = new PacketScanner().push(encodePacket({ type: 4, data })).packets;
    expect(decodeResult(found!.data)?.texts).toEqual(['A', '-40', 'N']);
  });

  it('survive any bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (any) => void new PacketScanner().push(any)));
    fc.assert(fc.property(fc.uint8Array(), (any) => void decodeResult(any)));
  });
});

describe('the Improv client', () => {
  let virtual: VirtualBoard | undefined;
  afterEach(() => virtual?.dispose());

  async function connect(fault?: WifiFault): Promise<{ client: ImprovClient; lines: string[] }> {
    const plugged = await plugIn({ application: 'wifi-improv', wifi: { ...(fault && { fault }) } });
    virtual = plugged.virtual;
    const lines: string[] = [];
    return { client: new ImprovClient(plugged.link, { onLine: (line) => lines.push(line) }), lines };
  }

  it('finds a device, reads its name and networks, and brings it onto one', async () => {
    const { client, lines } = await connect();
    expect(await client.detect()).toEqual({ state: 2, url: undefined });
    expect(await client.info()).toMatchObject({ firmware: 'espmint virtual', chip: 'ESP32' });
    expect((await client.scan()).map(({ ssid, secured }) => [ssid, secured])).toEqual([
      ['Lab', true],
      ['Factory Floor', true],
      ['Guests', false],
    ]);
    expect(await client.provision('Lab', 'lab-password')).toEqual({
      url: 'http://board-a4cf12345678.local/',
    });
    expect(client.isProvisioned).toBe(true);
    expect(lines.join('\n')).toContain('esp_netif_handlers: sta ip');
    expect(await client.detect()).toMatchObject({ state: 4, url: 'http://board-a4cf12345678.local/' });
  });

  it('gives a device up whose list of networks has no end', async () => {
    const parameters = encodeTexts(['Lab', '-40', 'YES']);
    const data = Uint8Array.of(COMMAND.scan, parameters.length, ...parameters);
    const network = encodePacket({ type: PACKET_TYPE.result, data });
    const link = scriptedLink(() => Array.from({ length: 300 }, () => network));
    await expect(new ImprovClient(link).scan()).rejects.toThrow(/has no end/);
  });

  it('names a wrong password, and succeeds with the right one afterwards', async () => {
    const { client } = await connect();
    await client.detect();
    await expect(client.provision('Lab', 'wrong-password')).rejects.toMatchObject({
      code: 'WIFI_JOIN_FAILED',
    });
    await expect(client.provision('Elsewhere', 'lab-password')).rejects.toMatchObject({
      code: 'WIFI_JOIN_FAILED',
    });
    await client.provision('Lab', 'lab-password');
  });

  it('says what a device refuses, and ends at its deadline where one is silent', async () => {
    const refusing = await connect('rejects');
    await refusing.client.detect();
    await expect(refusing.client.provision('Lab', 'lab-password')).rejects.toMatchObject({
      code: 'WIFI_REFUSED',
    });
    virtual?.dispose();
    const silent = await connect('silent');
    await silent.client.detect();
    await expect(silent.client.provision('Lab', 'lab-password', 300)).rejects.toMatchObject({
      code: 'WIFI_JOIN_UNPROVEN',
    });
  });

  it('finds a device some of whose packets break off', async () => {
    const { client } = await connect('drops');
    expect((await client.detect()).state).toBe(2);
  });

  it('ends where no device answers', async () => {
    const plugged = await plugIn({ application: 'stock' });
    virtual = plugged.virtual;
    await expect(new ImprovClient(plugged.link).detect(200)).rejects.toMatchObject({
      code: 'WIFI_NO_ANSWER',
    });
  });

  it.each([
    ['the result before the state', [packet(2, 0), packet(1, 3), packet(4, 1, 0), packet(1, 4)]],
    ['no result at all', [packet(2, 0), packet(1, 3), packet(1, 4)]],
    ['no acknowledgement', [packet(1, 3), packet(1, 4), packet(4, 1, 0)]],
    [
      'packets without line feeds',
      [packet(1, 3).slice(0, -1), packet(1, 4).slice(0, -1), packet(4, 1, 0).slice(0, -1)],
    ],
  ])('takes a device that gives %s', async (_, answers) => {
    const link = scriptedLink(() => answers);
    await new ImprovClient(link).provision('Lab', 'lab-password');
  });

  it.each([
    [[packet(2, 1)], 'WIFI_REFUSED'],
    [[packet(2, 0), packet(2, 2)], 'WIFI_REFUSED'],
    [[packet(2, 0), packet(1, 3), packet(1, 2), packet(2, 3)], 'WIFI_JOIN_FAILED'],
    [[packet(2, 0), packet(1, 3), packet(1, 2)], 'WIFI_JOIN_FAILED'],
  ])('takes no failure for success: %#', async (answers, code) => {
    const link = scriptedLink(() => answers);
    await expect(new ImprovClient(link).provision('Lab', 'lab-password')).rejects.toMatchObject({ code });
  });

  it('asks again where the call or its answer was damaged on the way, and takes answers that come twice', async () => {
    const info = (name: string): Uint8Array => {
      const texts = encodeTexts(['fw', '1', 'ESP32', name]);
      return packet(4, COMMAND.deviceInfo, texts.length, ...texts);
    };
    const spoilt = info('spoilt').slice();
    spoilt[spoilt.length - 2] = 0x55;
    const answers = [[packet(2, 1)], [packet(2, 0), spoilt, info('Board'), info('Board')], [packet(2, 0)]];
    const network = encodeTexts(['Lab', '-40', 'YES']);
    answers[2]?.push(info('late'), packet(4, COMMAND.scan, network.length, ...network));
    answers[2]?.push(packet(4, COMMAND.scan, 0), packet(4, COMMAND.scan, 0));
    answers.push(
      [packet(2, 1)],
      [packet(2, 0), packet(1, 3), packet(1, 4), packet(1, 4), packet(4, 1, 0), packet(4, 1, 0)],
    );
    const link = scriptedLink(() => answers.shift() ?? []);
    const client = new ImprovClient(link);
    expect((await client.info()).name).toBe('Board');
    expect((await client.scan()).map(({ ssid }) => ssid)).toEqual(['Lab']);
    await client.provision('Lab', 'lab-password');
    expect(link.written).toHaveLength(5);
  });

  it('lists what it was told where the end of the list is lost', async () => {
    const network = encodeTexts(['Lab', '-40', 'YES']);
    for (const end of [[], [packet(2, 1)]]) {
      const found = [packet(2, 0), packet(4, COMMAND.scan, network.length, ...network)];
      const client = new ImprovClient(scriptedLink(() => [...found, ...end]));
      expect((await client.scan()).map(({ ssid }) => ssid)).toEqual(['Lab']);
    }
  });

  it('refuses credentials that do not fit into a packet', async () => {
    const client = new ImprovClient(scriptedLink(() => []));
    await expect(client.provision('x'.repeat(200), 'y'.repeat(60))).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });
});
