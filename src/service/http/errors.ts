// Every failure as an answer: status, code and sentence from the error table, and nothing of what went on inside.
import type { Duplex } from 'node:stream';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { errorSchema, type ApiError } from '../contract/index.js';
import type { ServiceLog } from '../log.js';
import { pathOf } from './request-facts.js';

/** For setErrorHandler. */
export function answerError(log: ServiceLog) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const known = toKnownError(error, request);
    // Only what the table does not name is a fault of ours; its details are for the log, never for the caller.
    if (known.code === 'INTERNAL' && !isOfLeaving(error, request)) {
      const fields = { request: request.id, method: request.method, path: pathOf(request.url) };
      log.error({ ...fields, stack: describe(error) }, 'request failed by a fault of the service');
    }
    if (isEspmintError(known, 'SIGN_IN_THROTTLED') || isEspmintError(known, 'SIGN_IN_BUSY')) {
      reply.header('retry-after', known.details.waitSeconds);
    }
    if (isEspmintError(known, 'METHOD_NOT_ALLOWED')) reply.header('allow', known.details.allowed.join(', '));
    return reply
      .code(known.httpStatus)
      .type('application/json; charset=utf-8')
      .serializer((body: string) => body)
      .send(JSON.stringify(toApiError(known)));
  };
}

/** For bytes that Node's parser gives up before there is a request: the same form of answer, then the connection ends. */
export function answerNoRequest({ code = '' }: { readonly code?: string }, socket: Duplex): void {
  const [status, reason] = NO_REQUESTS[code] ?? ['400 Bad Request', 'is no HTTP'];
  const known = new EspmintError('BODY_INVALID', { field: 'the request', reason });
  const body = JSON.stringify(toApiError(known));
  const headers = `content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}`;
  if (!socket.writable || code === 'ECONNRESET') socket.destroy();
  else
    socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\nconnection: close\r\n\r\n${body}`, () =>
      socket.destroy(),
    );
}
/** Node's name of a request that took too long to arrive. */
export const LATE = 'ERR_HTTP_REQUEST_TIMEOUT';
const NO_REQUESTS: Readonly<Record<string, readonly [string, string] | undefined>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'has too long headers'],
  [LATE]: ['408 Request Timeout', 'took too long to arrive'],
};

/** The caller went away in mid-request: that is no fault, and nobody is there to hear of it. */
function isOfLeaving(error: unknown, { raw }: FastifyRequest): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isAbort = error instanceof Error && error.name === 'AbortError';
  return (raw.socket.destroyed || raw.destroyed) && (isAbort || LEAVING.includes(code));
}
const LEAVING = ['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'];

function toApiError(error: EspmintError): ApiError {
  const { code, message, next, retryable } = error;
  const field = isEspmintError(error, 'BODY_INVALID') ? fieldOf(error.details.field) : undefined;
  return errorSchema.parse({ code, message, next, field, params: paramsOf(error), retryable });
}

/** Details that stand in the sentence anyway; none of them is secret. */
export function paramsOf({ code, details }: EspmintError): Record<string, string | number> | undefined {
  if (code === 'INTERNAL') return undefined;
  const plain = Object.entries(details).filter(
    (entry): entry is [string, string | number] =>
      typeof entry[1] === 'string' || typeof entry[1] === 'number',
  );
  return plain.length === 0 ? undefined : Object.fromEntries(plain);
}

/** What names a field; other parts of a request are named in words. */
function fieldOf(name: string): string | undefined {
  return /^[\w.]+$/.test(name) ? name : undefined;
}

function toKnownError(error: unknown, request: FastifyRequest): EspmintError {
  if (isEspmintError(error)) {
    return error.code === 'INTERNAL' ? internal(request, error) : error;
  }
  return isFastifyError(error) ? fromFastify(error, request) : internal(request, error);
}

function fromFastify(error: FastifyError, request: FastifyRequest): EspmintError {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new EspmintError('BODY_TOO_LARGE', { maxBytes: request.routeOptions.bodyLimit });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new EspmintError('BODY_TYPE', { reason: 'its content type is not JSON' });
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new EspmintError('BODY_INVALID', { field: 'the body', reason: 'is not JSON' });
    default:
      return error.statusCode !== undefined && error.statusCode < 500
        ? new EspmintError('BODY_INVALID', { field: 'the request', reason: `is refused (${error.code})` })
        : internal(request, error);
  }
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('FST_');
}

/** The caller gets a number to look up in the log. */
function internal(request: FastifyRequest, cause: unknown): EspmintError {
  return new EspmintError('INTERNAL', { reason: `request ${String(request.id)}` }, { cause });
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
