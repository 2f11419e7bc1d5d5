// A label printer for tests and demos: takes ZPL on a TCP port, keeps the labels, answers ~HS.
import { type BoardServer, listenTcp } from './servers/server.js';

export interface VirtualPrinter extends BoardServer {
  /** From ^XA to ^XZ, oldest first. */
  readonly labels: readonly string[];
  /** What it says of itself from now on. */
  set(state: { readonly paperOut?: boolean; readonly answers?: boolean }): void;
}

export async function startVirtualPrinter(port = 0): Promise<VirtualPrinter> {
  const labels: string[] = [];
  let state = { paperOut: false, answers: true };
  const server = await listenTcp('tcp', { host: '127.0.0.1', port }, (socket) => {
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
    return true;
  });
  return { ...server, labels, set: (next) => (state = { ...state, ...next }) };
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
