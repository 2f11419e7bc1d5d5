// The link in memory keeps the contract of src/driver/link/transport.ts.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Link, Transport } from '../driver/link/transport.js';
import { createVirtualBoard, type VirtualBoard } from './board.js';
import { memoryTransport } from './link.js';
import { OP } from './packet.js';
import { request, slip, words } from './testing/client.js';

const WAIT = { timeoutMs: 200 };

let board: VirtualBoard;
let transport: Transport;
let link: Link;

beforeEach(async () => {
  board = createVirtualBoard();
  transport = memoryTransport(new Map([['one', board]]));
  link = await transport.open('virtual://one', { ...WAIT, baud: 115200 });
});
afterEach(() => {
  board.dispose();
});

describe('a link in memory', () => {
  it('carries bytes both ways and resets the board by its lines', async () => {
    await link.setLines({ dtr: false, rts: true });
    await link.setLines({ dtr: true, rts: false });
    expect(new TextDecoder().decode(await link.read(WAIT))).toContain('waiting for download');
    await link.write(slip(request(OP.READ_REG, words(0x40001000))), WAIT);
    expect(await link.read(WAIT)).toHaveLength(14);
  });

  it('times out, is cancelled, and is closed with the errors of the contract', async () => {
    await expect(link.read({ timeoutMs: 5 })).rejects.toMatchObject({ code: 'LINK_TIMEOUT' });
    const stop = new AbortController();
    const read = link.read({ timeoutMs: 1000, signal: stop.signal });
    stop.abort();
    await expect(read).rejects.toMatchObject({ code: 'CANCELLED' });
    const last = link.read({ timeoutMs: 1000 });
    await link.close();
    await expect(last).rejects.toMatchObject({ code: 'LINK_CLOSED' });
    await expect(link.write(words(0), WAIT)).rejects.toMatchObject({ code: 'LINK_CLOSED' });
    await link.close();
  });

  it('takes one client a board, and knows its boards', async () => {
    await expect(transport.open('virtual://one', { ...WAIT, baud: 115200 })).rejects.toMatchObject({
      code: 'PORT_BUSY',
    });
    await expect(transport.open('virtual://two', { ...WAIT, baud: 115200 })).rejects.toMatchObject({
      code: 'PORT_NOT_FOUND',
    });
    await link.close();
    link = await transport.open('virtual://one', { ...WAIT, baud: 115200 });
  });

  it('ends with LINK_CLOSED when the board loses power', async () => {
    board.arm({ seed: 1, faults: [{ kind: 'power-loss', direction: 'to-chip', atByte: 0 }] });
    const read = link.read({ timeoutMs: 1000 });
    await link.write(words(0), WAIT);
    await expect(read).rejects.toMatchObject({ code: 'LINK_CLOSED' });
  });
});
