// pyserial, the reference RFC 2217 client, compared with the virtual board's server: lines, rate, modem state, purge, bytes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createVirtualBoard,
  serveRfc2217,
  type BoardServer,
  type VirtualBoard,
} from '../../src/virtual/index.js';
import { toolAvailable, PYTHON } from '../support/reference-tools.js';

/** Resets the board by the lines, changes the rate, and asks for a register whose request and answer hold FF. */
const CLIENT = `
import sys, time, serial
port = serial.serial_for_url(sys.argv[1], baudrate=115200, timeout=2)
port.dtr = False; port.rts = True
port.dtr = True; port.rts = False
time.sleep(0.2)
port.dtr = False
log = port.read_until(b"waiting for download\\r\\n")
print("log", log.endswith(b"waiting for download\\r\\n"))
port.baudrate = 460800
port.reset_input_buffer()
frame = lambda body: b"\\xc0" + body.replace(b"\\xdb", b"\\xdb\\xdd").replace(b"\\xc0", b"\\xdb\\xdc") + b"\\xc0"
request = lambda op, data: frame(bytes([0, op, len(data), 0, 0, 0, 0, 0]) + data)
word = lambda value: value.to_bytes(4, "little")
port.write(request(9, word(0x3ffae000) + word(0xffffffff) * 2 + word(0)))
port.read_until(b"\\xc0"); port.read_until(b"\\xc0")
port.write(request(10, word(0x3ffae000)))
port.read_until(b"\\xc0")
print("reply", port.read_until(b"\\xc0").hex())
print("cts", port.cts, "dsr", port.dsr, "cd", port.cd)
port.close()
`;

let board: VirtualBoard;
let server: BoardServer;
afterEach(async () => {
  await server.close();
  board.dispose();
});

async function runClient(url: string): Promise<string> {
  const child = spawn(PYTHON, ['-c', CLIENT, url], { timeout: 60_000 });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
  await once(child, 'close');
  return output;
}

describe.runIf(toolAvailable('pyserial', PYTHON))('pyserial', () => {
  it.each(['', '?ign_set_control'])(
    'resets, changes the rate and carries every byte value%s',
    async (suffix) => {
      board = createVirtualBoard();
      server = await serveRfc2217(board, { host: '127.0.0.1', port: 0 });
      const output = await runClient(`${server.url}${suffix}`);
      expect(output).toContain('log True');
      expect(output).toMatch(/reply 010a0400ffffffff00000000c0/);
      expect(output).toContain('cts True dsr True cd True');
    },
  );
});
