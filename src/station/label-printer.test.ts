// Whatever answers at the address of a label printer: the label is printed or refused in time, and nothing else waits.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openLink } from '../driver/index.js';
import { startVirtualPrinter } from '../virtual/index.js';
import { printLabel } from './label-printer.js';

const ZPL = '^XA^FDlabel^FS^XZ';
const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A peer that takes everything and does this with each connection. */
async function peer(answer: (socket: Socket) => void): Promise<{ address: string; heard: () => string }> {
  let heard = '';
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined).on('data', (bytes) => (heard += bytes.toString('latin1')));
    closers.push(() => socket.destroy());
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return { address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, heard: () => heard };
}

const print = (address: string, timeoutMs?: number): Promise<void> =>
  printLabel(ZPL, { address, open: (to) => openLink(to), ...(timeoutMs === undefined ? {} : { timeoutMs }) });

describe('a printer', () => {
  it('gets the label, and is asked how it fares', async () => {
    const printer = await startVirtualPrinter();
    closers.push(() => printer.close());
    await print(printer.url);
    expect(printer.labels).toEqual([ZPL]);
    printer.set({ paperOut: true });
    await expect(print(printer.url)).rejects.toThrow(/out of labels/);
  });
});

describe('what is no printer', () => {
  it('and drips bytes without end holds up no label for longer than one that is silent', async () => {
    const { address, heard } = await peer((socket) => {
      const timer = setInterval(() => socket.write('.'), 5);
      socket.on('close', () => clearInterval(timer));
    });
    await print(address);
    expect(heard()).toContain(ZPL);
  });

  it.each([
    ['beginnings of an answer', '\u0002'],
    ['empty answers', '\u0002\u0003'],
    ['text', 'x'],
  ])('and floods the connection with %s costs no more than what is kept of it', async (_, piece) => {
    const { address, heard } = await peer((socket) => {
      const flood = Buffer.from(piece.repeat(200_000));
      const pour = (): void => {
        while (!socket.destroyed && socket.write(flood));
        if (!socket.destroyed) socket.once('drain', pour);
      };
      socket.on('close', () => socket.removeAllListeners('drain'));
      pour();
    });
    await print(address);
    expect(heard()).toContain(ZPL);
  });

  it('and takes nothing more fails within the time that a label has', async () => {
    const { address } = await peer((socket) => socket.pause());
    await expect(
      printLabel('^XA'.repeat(8_000_000), { address, open: (to) => openLink(to), timeoutMs: 300 }),
    ).rejects.toMatchObject({ code: 'PRINTER_FAILED' });
  });
});
