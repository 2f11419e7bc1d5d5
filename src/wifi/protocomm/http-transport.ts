// protocomm over HTTP: one connection that is kept, one cookie for the session. The device's server has room for one.
import { Agent, request, type IncomingMessage } from 'node:http';
import { EspmintError } from '../../core/errors/index.js';
import { HandlerFailed, type ProtocommTransport } from './transport.js';

const REQUEST_MS = 20_000;
/** More than any answer of a device: a scan result of a few entries. */
const MOST_ANSWER_BYTES = 64 * 1024;

export interface HttpTransportOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export class HttpTransport implements ProtocommTransport {
  readonly address: string;
  readonly #base: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** Connections that have carried a request: Node says so itself only of some (reusedSocket). */
  readonly #used = new WeakSet<object>();
  #cookie: string | undefined;

  /**
   * @param url of the device, such as http://192.168.4.1
   * @throws INPUT_INVALID
   */
  constructor(
    url: string,
    private readonly options: HttpTransportOptions = {},
  ) {
    this.#base = parseUrl(url);
    this.address = this.#base.origin;
  }

  renew(): void {
    this.#cookie = undefined;
  }

  close(): void {
    this.#agent.destroy();
  }

  async request(endpoint: string, body: Uint8Array): Promise<Uint8Array> {
    const answer = await this.#send(endpoint, body).catch((error: unknown) => {
      // A kept connection may have been closed by the server just then: on a new one it takes the same bytes, or fails again.
      if (error instanceof StaleConnection) return this.#send(endpoint, body);
      throw error;
    });
    this.#takeCookie(answer.head);
    const status = answer.head.statusCode ?? 0;
    if (status === 200) return answer.body;
    if (status >= 500 || status === 400) throw new HandlerFailed(endpoint);
    throw new EspmintError('WIFI_REFUSED', {
      port: this.address,
      what: endpoint,
      reason: `HTTP status ${status}`,
      hint:
        status >= 300 && status < 400
          ? 'a network with a sign-in page answers in place of the board: join the access point of the board (PROV_…) with this computer'
          : 'check that this is a device that waits for provisioning',
    });
  }

  async #send(
    endpoint: string,
    body: Uint8Array,
  ): Promise<{ readonly head: IncomingMessage; readonly body: Uint8Array }> {
    const { timeoutMs = REQUEST_MS, signal } = this.options;
    return new Promise((resolve, reject) => {
      let [isLate, isReused] = [false, false];
      // Not the socket's own time-out, which an answer that drips never meets.
      const timer = setTimeout(() => {
        isLate = true;
        sent.destroy(new Error('timeout'));
      }, timeoutMs);
      const sent = request(
        new URL(`/${endpoint}`, this.#base),
        {
          method: 'POST',
          agent: this.#agent,
          ...(signal === undefined ? {} : { signal }),
          headers: {
            'Content-Type': 'application/x-www-form-urlencoded',
            'Content-Length': body.length,
            Accept: 'text/plain',
            ...(this.#cookie === undefined ? {} : { Cookie: this.#cookie }),
          },
        },
        (head) => {
          readBody(head).then((read) => {
            clearTimeout(timer);
            resolve({ head, body: read });
          }, fail);
        },
      );
      const fail = (error: Error): void => {
        clearTimeout(timer);
        const failure = this.#failure(endpoint, isLate ? new Error('timeout') : error, timeoutMs);
        const isStale = failure instanceof HandlerFailed && isReused;
        reject(isStale ? new StaleConnection(endpoint) : failure);
      };
      sent.on('socket', (socket) => {
        isReused = this.#used.has(socket);
        this.#used.add(socket);
      });
      sent.on('error', fail);
      // Node ends such a connection without a word where nobody listens for it.
      sent.on('upgrade', (head, socket) => {
        clearTimeout(timer);
        socket.destroy();
        resolve({ head, body: new Uint8Array() });
      });
      sent.end(body);
    });
  }

  #takeCookie({ headers }: IncomingMessage): void {
    for (const cookie of headers['set-cookie'] ?? []) {
      const pair = cookie.split(';', 1)[0]?.trim() ?? '';
      if (/^session=/i.test(pair)) this.#cookie = pair;
    }
  }

  #failure(endpoint: string, error: Error, timeoutMs: number): Error {
    if (error instanceof EspmintError || error instanceof HandlerFailed) return error;
    if (this.options.signal?.aborted === true)
      return new EspmintError('CANCELLED', { what: `The use of ${this.address}` });
    const code = 'code' in error ? String(error.code) : error.message;
    // Closed after the request was taken: the firmware's way to refuse.
    if (code === 'ECONNRESET' || code === 'EPIPE' || error.message === 'aborted')
      return new HandlerFailed(endpoint);
    if (error.message === 'timeout') {
      return new EspmintError('WIFI_NO_ANSWER', {
        port: this.address,
        what: `answer from ${endpoint}`,
        timeoutMs,
      });
    }
    return new EspmintError('PORT_UNREACHABLE', { port: this.address, reason: code }, { cause: error });
  }
}

/** Nothing came back over a connection that was kept from the request before. */
class StaleConnection extends HandlerFailed {}

function parseUrl(url: string): URL {
  const refuse = (): EspmintError =>
    new EspmintError('INPUT_INVALID', {
      field: '--url',
      reason: `is "${url}"`,
      hint: 'give the address of the device, such as http://192.168.4.1',
    });
  let parsed: URL;
  try {
    parsed = new URL(/^[a-z]+:\/\//i.test(url) ? url : `http://${url}`);
  } catch {
    throw refuse();
  }
  if (parsed.protocol !== 'http:' || parsed.username !== '' || parsed.password !== '') throw refuse();
  return parsed;
}

async function readBody(message: IncomingMessage): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of message as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > MOST_ANSWER_BYTES) throw new Error('an answer without end');
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}
