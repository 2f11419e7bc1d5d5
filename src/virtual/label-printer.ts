// A label printer for tests and demos: takes ZPL on a TCP port, keeps the labels, answers ~HS.
import { createServer, type Socket } from 'node:net';

export interface VirtualPrinter {
  /** `tcp://127.0.0.1:PORT` */
  readonly url: string;
  /** From ^XA to ^XZ, oldest first. */
  readonly labels: readonly string[];
  /** What it says of itself from now on. */
  set(state: { readonly paperOut?: boolean; readonly answers?: boolean }): void;
  close(): Promise<void>;
}

export async function startVirtualPrinter(port = 0): Promise<VirtualPrinter> {
  const labels: string[] = [];
  const sockets = new Set<Socket>();
  let state = { paperOut: false, answers: true };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('utf8');
      text = text.replace(/\^XA[\s\S]*?\^XZ/g, (label) => {
        labels.push(label);
        return '';
      });
      const requests = text.match(/~HS/g) ?? [];
      text = text.replaceAll('~HS', '');
      if (state.answers) socket.write(statusOf(state).repeat(requests.length));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `tcp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`,
    labels,
    set: (next) => (state = { ...state, ...next }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Three lines between STX and ETX, as the ZPL II guide lists their fields. */
function statusOf({ paperOut }: { readonly paperOut: boolean }): string {
  const lines = [
    `030,${paperOut ? 1 : 0},0,0203,000,0,0,0,000,0,0,0`,
    '000,0,0,0,0,2,4,0,00000000,1,000',
    '1234,0',
  ];
  return lines.map((line) => `\u0002${line}\u0003\r\n`).join('');
}
