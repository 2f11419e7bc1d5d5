// protocomm over a serial console: `<endpoint> <session> <hex>`, answered by one line of hex digits.
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { EspmintError } from '../../core/errors/index.js';
import type { Link } from '../../driver/link/transport.js';
import { Deadline, throwIfAborted } from '../../driver/wait.js';
import { Echo } from '../console/echo.js';
import { LINE_BYTES } from '../console/quote.js';
import { LineSplitter, readSome } from '../lines.js';
import { HandlerFailed, type ProtocommTransport } from './transport.js';

const ANSWER_MS = 15_000;
const QUIET_MS = 150;
const WRITE_MS = 5_000;
/** The prompt `>> ` comes after every answer, and alone where the handler failed. */
const PROMPT = String.raw`(?:[\w-]*>{1,2} ?)+`;
/** Without an echo a prompt is only taken for a refusal after this long: it may be the one of before. */
const SILENT_REFUSAL_MS = 2_000;
/** The device reads the number with atoi. */
const MOST_SESSION = 0x7fff_ffff;

export interface ConsoleTransportOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** What the board prints beside answers. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export class ConsoleTransport implements ProtocommTransport {
  readonly #splitter = new LineSplitter();
  #session = randomSession();

  constructor(
    private readonly link: Link,
    private readonly options: ConsoleTransportOptions = {},
  ) {}

  get address(): string {
    return this.link.address;
  }

  renew(): void {
    this.#session = randomSession();
  }

  /** The link is its opener's. */
  close(): void {}

  async request(endpoint: string, body: Uint8Array): Promise<Uint8Array> {
    const command = `${endpoint} ${this.#session} ${bytesToHex(body)}`;
    if (command.length > LINE_BYTES) {
      throw new EspmintError('WIFI_REFUSED', {
        port: this.address,
        what: endpoint,
        reason: `the request has ${command.length} characters, and the device's console takes ${LINE_BYTES}`,
        hint: 'use the device over its access point (--url), which has no such limit',
      });
    }
    await this.#settle();
    const { timeoutMs = ANSWER_MS, signal } = this.options;
    await this.link.write(new TextEncoder().encode(`${command}\r`), { timeoutMs: WRITE_MS, signal });
    return this.#answer(new Echo(command, PROMPT), endpoint, timeoutMs);
  }

  async #answer(echo: Echo, endpoint: string, timeoutMs: number): Promise<Uint8Array> {
    const { signal } = this.options;
    const deadline = new Deadline(timeoutMs);
    const silent = new Deadline(SILENT_REFUSAL_MS);
    while (!deadline.passed) {
      throwIfAborted(signal, endpoint);
      const waitMs = Math.max(1, Math.min(deadline.remainingMs, QUIET_MS));
      const bytes = await readSome(this.link, { timeoutMs: waitMs, signal });
      for (const line of bytes === undefined ? [] : this.#splitter.push(bytes)) {
        // The prompt after the request, even where a log line has run into it.
        const isAfter = echo.isComplete && echo.withoutPrompt(line) !== line;
        const answer = echo.answerIn(line);
        if (answer === undefined) continue;
        const hex = /^[0-9a-f]+$/i.test(answer.trim()) && answer.trim().length % 2 === 0;
        if (hex) return hexToBytes(answer.trim().toLowerCase());
        if (/^(Unrecognized command|invalid command)/i.test(answer)) throw new HandlerFailed(endpoint);
        this.options.onLine?.(answer.trim());
        if (isAfter) throw new HandlerFailed(endpoint);
      }
      const isPrompt = bytes === undefined && echo.isPrompt(this.#splitter.partial);
      if (isPrompt && (echo.isComplete || silent.passed)) throw new HandlerFailed(endpoint);
    }
    throw new EspmintError('WIFI_NO_ANSWER', {
      port: this.address,
      what: `answer from ${endpoint}`,
      timeoutMs,
    });
  }

  /** Lets what belongs to the request before come in: its prompt is no answer to the next one. */
  async #settle(): Promise<void> {
    const deadline = new Deadline(1_000);
    for (
      let bytes = await this.#waiting();
      bytes !== undefined && !deadline.passed;
      bytes = await this.#waiting()
    ) {
      for (const line of this.#splitter.push(bytes)) this.options.onLine?.(line);
    }
    this.#splitter.flush();
  }

  #waiting(): Promise<Uint8Array | undefined> {
    return readSome(this.link, { timeoutMs: 30, signal: this.options.signal });
  }
}

function randomSession(): number {
  const [random = 1] = crypto.getRandomValues(new Uint32Array(1));
  return 1 + (random % MOST_SESSION);
}
