// Boards behind sockets and device paths, seen from the other end with plain sockets and files.
import { once } from 'node:events';
import { existsSync, lstatSync } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualBoard, type VirtualBoard } from '../board.js';
import { OP } from '../packet.js';
import { request, slip, words } from '../testing/client.js';
import { servePty } from './pty.js';
import { serveRfc2217 } from './rfc2217.js';
import type { BoardServer } from './server.js';
import { serveTcp } from './tcp.js';

const LOCAL = { host: '127.0.0.1', port: 0 };
const READ_MAGIC = slip(request(OP.READ_REG, words(0x40001000)));
const MAGIC = '831df000';

let board: VirtualBoard;
let server: BoardServer;
const sockets: Socket[] = [];

beforeEach(() => {
  board = createVirtualBoard();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
  board.dispose();
});

async function client(): Promise<{ socket: Socket; received: () => string }> {
  const { port } = new URL(server.url.replace(/^\w+:/, 'http:'));
  const socket = connect(Number(port), '127.0.0.1');
  sockets.push(socket);
  let hex = '';
  socket.on('data', (bytes) => (hex += bytes.toString('hex'))).on('error', () => undefined);
  await once(socket, 'connect');
  return { socket, received: () => hex };
}

describe('tcp', () => {
  it('carries a session, turns a second client away, and resets the board for the next', async () => {
    server = await serveTcp(board, LOCAL);
    const first = await client();
    first.socket.write(READ_MAGIC);
    await expect.poll(first.received).toContain(MAGIC);
    const second = await client();
    await once(second.socket, 'close');
    first.socket.write(slip(request(OP.FLASH_END, words(1))));
    await expect.poll(first.received).toContain(Buffer.from('app_main').toString('hex'));
    first.socket.destroy();
    await expect.poll(() => board.isFree).toBe(true);
    const third = await client();
    third.socket.write(READ_MAGIC);
    await expect.poll(third.received).toContain(MAGIC);
  });

  it('leaves the board as it is under the policy keep', async () => {
    server = await serveTcp(board, LOCAL, 'keep');
    const first = await client();
    first.socket.write(slip(request(OP.WRITE_REG, words(0x3ffae000, 0x11223344, 0xffffffff, 0))));
    await expect.poll(first.received).toContain('c00109');
    first.socket.destroy();
    await expect.poll(() => board.isFree).toBe(true);
    const next = await client();
    next.socket.write(slip(request(OP.READ_REG, words(0x3ffae000))));
    await expect.poll(next.received).toContain('44332211');
  });

  it('puts its client out when the board loses power', async () => {
    server = await serveTcp(board, LOCAL);
    board.arm({ seed: 1, faults: [{ kind: 'power-loss', direction: 'to-chip', atByte: 2 }] });
    const { socket } = await client();
    socket.write(READ_MAGIC);
    await once(socket, 'close');
  });

  it('names the address that it cannot have', async () => {
    server = await serveTcp(board, LOCAL);
    const port = Number(new URL(server.url.replace('tcp:', 'http:')).port);
    await expect(serveTcp(createVirtualBoard(), { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'VIRTUAL_LISTEN_FAILED',
    });
  });
});

describe('rfc2217', () => {
  const IAC = 255;
  const option = (...payload: number[]): Uint8Array => Uint8Array.from([IAC, 250, 44, ...payload, IAC, 240]);
  const control = (value: number): Uint8Array => option(5, value);
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

  async function negotiated(): Promise<Awaited<ReturnType<typeof client>>> {
    server = await serveRfc2217(board, LOCAL);
    const peer = await client();
    peer.socket.write(Uint8Array.of(IAC, 251, 44));
    await expect.poll(peer.received).toContain('fffd2c');
    return peer;
  }

  it('offers binary and no go-ahead, takes COM-PORT-OPTION, and refuses what it does not know', async () => {
    const { socket, received } = await negotiated();
    expect(received()).toMatch(/^fffb00fffd00fffb03fffd03/);
    socket.write(Uint8Array.of(IAC, 253, 1, IAC, 251, 24));
    await expect.poll(received).toMatch(/fffc01fffe18$/);
  });

  it('resets the board into its loader by the lines, and carries bytes that look like commands', async () => {
    const { socket, received } = await negotiated();
    for (const value of [9, 11]) socket.write(control(value));
    for (const value of [8, 12]) socket.write(control(value));
    await expect.poll(received).toContain(Buffer.from('waiting for download').toString('hex'));
    expect(received()).toContain(hex(option(105, 12)));
    // A value full of FF travels doubled both ways.
    const write = slip(request(OP.WRITE_REG, words(0x3ffae000, 0xffffffff, 0xffffffff, 0)));
    socket.write(Uint8Array.from([...write].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte]))));
    await expect.poll(received).toContain('c00109');
    socket.write(slip(request(OP.READ_REG, words(0x3ffae000))));
    await expect.poll(received).toContain('c0010a0400ffffffffffffffff00000000c0');
  });

  it.each([
    ['a baud rate', option(1, 0, 1, 0xc2, 0), option(101, 0, 1, 0xc2, 0)],
    ['the rate in force', option(1, 0, 0, 0, 0), option(101, 0, 1, 0xc2, 0)],
    ['seven data bits', option(2, 7), option(102, 7)],
    ['the parity in force', option(3, 0), option(103, 1)],
    ['two stop bits', option(4, 2), option(104, 2)],
    ['the state of DTR', control(7), option(105, 9)],
    ['the state of RTS', control(10), option(105, 12)],
    ['the flow control in force', control(0), option(105, 1)],
    ['a purge', option(12, 3), option(112, 3)],
    ['a mask of the modem state', option(11, 255, 255), option(111, 255, 255)],
  ])('answers %s', async (_, asked, answer) => {
    const { socket, received } = await negotiated();
    socket.write(asked);
    await expect.poll(received).toContain(hex(answer));
  });

  it('holds no board in reset that its client left so', async () => {
    const { socket } = await negotiated();
    socket.write(control(11));
    await sleep(20);
    socket.destroy();
    await expect.poll(() => board.isFree).toBe(true);
    const next = await client();
    next.socket.write(Uint8Array.of(IAC, 251, 44));
    next.socket.write(control(11));
    next.socket.write(control(12));
    await expect.poll(next.received).toContain(Buffer.from('SPI_FAST_FLASH_BOOT').toString('hex'));
  });
});

describe('a device path', () => {
  async function ask(path: string): Promise<{ device: FileHandle; answer: string }> {
    const device = await open(path, 'r+');
    await device.write(READ_MAGIC);
    const { buffer, bytesRead } = await device.read(Buffer.alloc(64), 0, 64, null);
    return { device, answer: buffer.subarray(0, bytesRead).toString('hex') };
  }

  it('can be opened again and again at once, and the board is in its loader each time', async () => {
    server = await servePty(board, 'esp32');
    for (let n = 0; n < 5; n += 1) {
      const { device, answer } = await ask(server.url);
      expect(answer).toContain(MAGIC);
      await device.close();
    }
  });

  it('leads to a fresh device while the last client is still there', async () => {
    server = await servePty(board, 'esp32');
    const before = await realpath(server.url);
    const { device } = await ask(server.url);
    await expect.poll(() => realpath(server.url)).not.toBe(before);
    await device.close();
  });

  it('is a link in a private folder that goes with the server', async () => {
    server = await servePty(board, 'esp32');
    expect(lstatSync(server.url).isSymbolicLink()).toBe(true);
    expect(lstatSync(new URL('.', `file://${server.url}`)).mode & 0o077).toBe(0);
    await server.close();
    expect(existsSync(server.url)).toBe(false);
  });
});
