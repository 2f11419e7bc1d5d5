// Our RFC 2217 client against pyserial's server: resets and rate changes are seen on its lines, bytes pass unharmed.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { connectBoard, openLink, type Link } from '../../src/driver/index.js';
import type { ChipFacts } from '../../src/core/stages.js';
import { createVirtualBoard, type HostPort } from '../../src/virtual/index.js';
import { PYTHON, toolAvailable } from '../support/reference-tools.js';

const TOOL = fileURLToPath(new URL('../support/rfc2217_peer.py', import.meta.url));
const ESPTOOL_CONFIG = fileURLToPath(new URL('../support/esptool.cfg', import.meta.url));

interface PortEvent {
  readonly listening?: number;
  readonly dtr?: boolean;
  readonly rts?: boolean;
  readonly baudrate?: number;
  readonly purged?: string;
}

const cleanUps: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** The tool in front of whatever `onStream` does with the serial side. */
async function startPeer(
  onStream: (stream: Socket) => void,
  onEvent: (event: PortEvent) => void = () => undefined,
  manager: 'pyserial' | 'espressif' = 'pyserial',
): Promise<{ address: string; events: PortEvent[] }> {
  const server: Server = createServer((stream) => {
    // A tool that is killed resets its connection.
    stream.on('error', () => undefined);
    onStream(stream);
  }).listen(0, '127.0.0.1');
  cleanUps.push(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const tool: ChildProcess = spawn(PYTHON, [TOOL, String(port), manager], {
    env: { ...process.env, ESPTOOL_CFGFILE: ESPTOOL_CONFIG },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUps.push(() => void tool.kill());
  const events: PortEvent[] = [];
  const address = await new Promise<string>((resolve, reject) => {
    tool.once('exit', () => {
      reject(new Error('the tool ended'));
    });
    if (tool.stdout === null) throw new Error('no output');
    createInterface({ input: tool.stdout }).on('line', (line) => {
      // Espressif's package greets with a line of text.
      if (!line.startsWith('{')) return;
      const event = JSON.parse(line) as PortEvent;
      if (event.listening !== undefined) resolve(`rfc2217://127.0.0.1:${event.listening}`);
      else events.push(event);
      onEvent(event);
    });
  });
  return { address, events };
}

async function open(address: string): Promise<Link> {
  const link = await openLink(address);
  cleanUps.push(() => link.close());
  return link;
}

/** A virtual board on the serial side of the tool, moved by the tool's lines and rate. */
async function startBoardBehindPeer(manager: 'pyserial' | 'espressif'): ReturnType<typeof startPeer> {
  const board = createVirtualBoard({ chip: 'esp32' });
  cleanUps.push(() => {
    board.dispose();
  });
  const lines = { dtr: false, rts: false };
  let port: HostPort | undefined;
  return startPeer(
    (stream) => {
      port = board.plugIn({ bytes: (bytes) => stream.write(bytes), gone: () => stream.destroy() });
      stream.on('data', (bytes: Uint8Array) => port?.write(Uint8Array.from(bytes)));
    },
    ({ dtr, rts, baudrate }) => {
      lines.dtr = dtr ?? lines.dtr;
      lines.rts = rts ?? lines.rts;
      port?.setLines({ ...lines });
      if (baudrate !== undefined) port?.setBaud(baudrate);
    },
    manager,
  );
}

/** The driver's whole way with one board. */
async function provisionOnce(link: Link): Promise<ChipFacts> {
  const board = await connectBoard(link);
  const image = new Uint8Array(0x3000).fill(0xff);
  image.set([1, 2, 3, 0xff, 0xff, 0xc0, 0xdb]);
  await board.writeRegion({ offsetBytes: 0x9000, image });
  await board.verifyRegion({ offsetBytes: 0x9000, image });
  await board.reset();
  return board.facts;
}

const linesOf = (events: readonly PortEvent[]): PortEvent[] =>
  events.filter((event) => 'dtr' in event || 'rts' in event);

describe.skipIf(!toolAvailable('pyserial', PYTHON))(
  'the RFC 2217 client, with pyserial as the server',
  () => {
    it('sets 115200 baud when it opens, other rates later, and purges', async () => {
      const { address, events } = await startPeer(() => undefined);
      const link = await open(address);
      await link.setBaud(921_600);
      expect(link.baud).toBe(921_600);
      expect(events.flatMap(({ baudrate }) => baudrate ?? [])).toEqual([9_600, 115_200, 921_600]);
      expect(events.filter(({ purged }) => purged === 'input').length).toBeGreaterThan(0);
    });

    it('moves DTR and RTS, each only when it changes, DTR first', async () => {
      const { address, events } = await startPeer(() => undefined);
      const link = await open(address);
      await link.setLines({ dtr: false, rts: true });
      await link.setLines({ dtr: true, rts: true });
      await link.setLines({ dtr: false, rts: false });
      expect(linesOf(events).slice(2)).toEqual([
        { dtr: false },
        { rts: true },
        { dtr: true },
        { dtr: false },
        { rts: false },
      ]);
    });

    it('carries every byte value both ways', async () => {
      const { address } = await startPeer((stream) => stream.pipe(stream));
      const link = await open(address);
      const bytes = Uint8Array.from({ length: 1_024 }, (_, index) => index & 0xff);
      await link.write(bytes, { timeoutMs: 1_000 });
      const back: number[] = [];
      while (back.length < bytes.length) back.push(...(await link.read({ timeoutMs: 5_000 })));
      expect(back).toEqual([...bytes]);
    });

    it('connects a board: reset by the lines, rate raised, write proven', async () => {
      const { address, events } = await startBoardBehindPeer('pyserial');
      const board = await provisionOnce(await open(address));
      expect(board).toMatchObject({ chip: 'esp32', mac: 'a4:cf:12:34:56:78' });
      // EN low alone, then IO0 low alone: the chip woke with IO0 low. At the end EN once more, with IO0 high.
      expect(linesOf(events).slice(2)).toEqual([
        { dtr: false },
        { rts: true },
        { dtr: true },
        { rts: false },
        { dtr: false },
        { rts: true },
        { rts: false },
      ]);
      expect(events.flatMap(({ baudrate }) => baudrate ?? [])).toEqual([9_600, 115_200, 921_600, 115_200]);
    });

    it("connects a board behind Espressif's server, which runs resets by itself and acknowledges none", async () => {
      const { address } = await startBoardBehindPeer('espressif');
      expect(await provisionOnce(await open(address))).toMatchObject({ chip: 'esp32' });
    });

    it('says what is wrong when nobody speaks RFC 2217 there', async () => {
      const server = createServer((socket) => socket.write('hello\r\n')).listen(0, '127.0.0.1');
      cleanUps.push(() => void server.close());
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      await expect(openLink(`rfc2217://127.0.0.1:${port}`, { timeoutMs: 300 })).rejects.toMatchObject({
        code: 'RFC2217_REFUSED',
      });
    });
  },
);
