// A target of the kind `webhook`: one signed POST for each message. Redirects are answers, and are not followed.
import http from 'node:http';
import https from 'node:https';
import { EspmintError } from '../../core/errors/index.js';
import { shortReason } from '../reason.js';
import { payloadOf, type PushMessage } from './message.js';
import { signatureHeaders } from './signature.js';
import { type DeliveryFailure, maskedReason, type Sink, type SinkOptions } from './sink.js';

export interface WebhookOptions extends SinkOptions {
  readonly url: URL;
  readonly signingSecret: Uint8Array;
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Its first part, for people. */
  readonly body: string;
}

/** Of an answer so much is read; nobody needs more of it than to see what is wrong. */
const ANSWER_LIMIT_BYTES = 16 * 1024;
/** However long a target asks to be left alone. */
const LONGEST_REST_MS = 3_600_000;
/** What is shorter than this is a word of a path, and would be masked in every sentence. */
const LONGEST_WORD = 8;
/** Statuses that speak of this one message; all others speak of the target. */
const OF_MESSAGE = [400, 409, 413, 422];

export function webhookSink(options: WebhookOptions): Sink {
  return {
    deliver: (message, signal) => deliver(options, message, signal),
    close: () => Promise.resolve(),
  };
}

async function deliver(
  options: WebhookOptions,
  message: PushMessage,
  signal?: AbortSignal,
): Promise<DeliveryFailure | undefined> {
  const { name: target, url, timeoutMs } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const secrets = [message.psk, ...partsOf(url), Buffer.from(options.signingSecret).toString('base64')];
  try {
    const answer = await post(options, message, AbortSignal.any([deadline, ...(signal ? [signal] : [])]));
    if (answer.status >= 200 && answer.status < 300) return undefined;
    const text = maskedReason(answer.body, secrets);
    const reason = `HTTP ${answer.status}${text === '' ? '' : `: ${text}`}`;
    const error = new EspmintError('PUSH_REFUSED', { target, reason });
    const isOfTarget = !OF_MESSAGE.includes(answer.status);
    return { error, isOfTarget, retryAfterMs: restMs(answer.retryAfter) };
  } catch (thrown) {
    if (deadline.aborted) {
      return { error: new EspmintError('PUSH_TIMEOUT', { target, timeoutMs }), isOfTarget: true };
    }
    const reason = maskedReason(shortReason(thrown), secrets);
    return { error: new EspmintError('PUSH_UNREACHABLE', { target, reason }), isOfTarget: true };
  }
}

/** Services put their tokens into path and query. */
function partsOf(url: URL): string[] {
  const parts = [...url.pathname.split('/'), ...url.searchParams.values(), url.search];
  return parts.filter((part) => part.length >= LONGEST_WORD);
}

function post(
  { url, signingSecret }: WebhookOptions,
  message: PushMessage,
  signal: AbortSignal,
): Promise<Answer> {
  const body = payloadOf(message);
  const { request } = url.protocol === 'https:' ? https : http;
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'user-agent': 'espmint',
    ...signatureHeaders(signingSecret, { id: `msg_${message.id}`, at: new Date(), body }),
  };
  return new Promise((resolve, reject) => {
    // Its own connection, which ends with this message.
    const sent = request(url, { method: 'POST', agent: false, headers, signal }, (response) => {
      // The head decides: whatever breaks off from here on changes nothing.
      sent.off('error', reject).on('error', () => undefined);
      const { statusCode: status = 0, headers: answered } = response;
      void firstPart(response).then((text) => {
        resolve({ status, retryAfter: answered['retry-after'], body: text });
        sent.destroy();
      });
    });
    sent.on('error', reject);
    // Node ends such a connection without a word where nobody listens for it.
    sent.on('upgrade', ({ statusCode: status = 0 }, socket) => {
      socket.destroy();
      resolve({ status, retryAfter: undefined, body: 'it speaks another protocol' });
    });
    sent.end(body);
  });
}

/** An answer that breaks off or is too long is taken as far as it came. */
function firstPart(response: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    const end = (): void => resolve(Buffer.concat(parts).toString('utf8'));
    response.on('data', (part: Buffer) => {
      parts.push(part);
      size += part.length;
      if (size >= ANSWER_LIMIT_BYTES) end();
    });
    response.on('end', end).on('close', end).on('error', end);
  });
}

/** `Retry-After` of RFC 9110, section 10.2.3: seconds, or a date. */
function restMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_REST_MS) : undefined;
}
