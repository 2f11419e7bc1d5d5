// Receivers of pushes for tests: an HTTP server with moods, and an independent reading of its signatures.
import { spawnSync } from 'node:child_process';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** How it answers from now on. */
  mood: (response: ServerResponse, request: Received) => void;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  /** 0: any. */
  readonly port?: number;
  /** With these it speaks HTTPS. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
}

/** Answers 204 until its mood changes. */
export async function startReceiver({ port = 0, tls }: ReceiverOptions = {}): Promise<Receiver> {
  const mood: Receiver['mood'] = answer(204);
  const receiver = { received: [] as Received[], mood };
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const got = { headers: request.headers, body };
      receiver.received.push(got);
      receiver.mood(response, got);
    });
  };
  const server: Server = tls === undefined ? createServer(take) : https.createServer(tls, take);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: bound } = server.address() as AddressInfo;
  return Object.assign(receiver, {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${bound}/hook`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

export function answer(
  status: number,
  body = '',
  headers: Record<string, string> = {},
): (response: ServerResponse) => void {
  return (response) => void response.writeHead(status, headers).end(body);
}

/** Verifies as the Standard Webhooks specification says, in another language and with another HMAC. */
const VERIFY = `
import base64, hashlib, hmac, json, sys
call = json.load(sys.stdin)
key = base64.b64decode(call["secret"].removeprefix("whsec_"))
headers, body = call["headers"], call["body"]
signed = f'{headers["webhook-id"]}.{headers["webhook-timestamp"]}.{body}'.encode()
wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
sys.exit(0 if wanted in headers["webhook-signature"].split(" ") else 1)
`;

export function isSignedWith(secret: string, { headers, body }: Received): boolean {
  const input = JSON.stringify({ secret, headers, body });
  return spawnSync('python3', ['-c', VERIFY], { input }).status === 0;
}
