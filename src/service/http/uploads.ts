// Files that are read while they come in, and the time that a request may take to come in at all.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EspmintError } from '../../core/errors/index.js';
import { operationList, type Upload } from '../contract/index.js';
import { LATE, answerNoRequest } from './errors.js';

/** Of a whole request in JSON, and of the longest silence within an upload. */
export const REQUEST_TIMEOUT_MS = 30_000;

declare module 'fastify' {
  interface FastifyContextConfig {
    upload?: readonly string[] | undefined;
  }
}

/** Takes content types of uploads for the operations that have them; no form of another site can send these unasked. */
export function takeUploads(app: FastifyInstance): void {
  const types = [...new Set(operationList.flatMap(({ upload = [] }) => upload))];
  app.addContentTypeParser(types, (request, _, done) => {
    const isTaken = request.routeOptions.config.upload !== undefined;
    done(isTaken ? null : new EspmintError('BODY_TYPE', { reason: 'its content type is not JSON' }));
  });
  app.addHook('preParsing', (request, reply, payload, done) => {
    const { upload } = request.routeOptions.config;
    if (upload === undefined) endWhenLate(request, reply);
    else if (!upload.includes(contentTypeOf(request))) {
      const reason = 'it takes a file';
      done(new EspmintError('BODY_TYPE', { reason, wanted: upload.join(' or ') }));
      return;
    }
    done(null, payload);
  });
}

/** Node's own limit of a request would end long uploads too. */
function endWhenLate({ raw }: FastifyRequest, reply: FastifyReply): void {
  const timer = setTimeout(() => {
    if (!raw.complete) answerLate(raw);
  }, REQUEST_TIMEOUT_MS).unref();
  raw.once('end', () => clearTimeout(timer));
  // A request that nobody reads has no end of its own.
  for (const event of ['finish', 'close']) reply.raw.once(event, () => clearTimeout(timer));
}

/** What came so far is no request: nobody else will answer it. */
function answerLate({ socket }: FastifyRequest['raw']): void {
  answerNoRequest({ code: LATE }, socket);
}

const contentTypeOf = ({ headers }: FastifyRequest): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

export function uploadOf(request: FastifyRequest): Upload {
  return { contentType: contentTypeOf(request), pieces: piecesOf(request) };
}

async function* piecesOf({ raw }: FastifyRequest): AsyncGenerator<Uint8Array> {
  // An answer is still to be sent over it when reading ends early.
  const pieces = raw.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array, undefined>;
  for (;;) {
    const timer = setTimeout(() => answerLate(raw), REQUEST_TIMEOUT_MS).unref();
    const next = await pieces
      .next()
      .catch((error: unknown) => {
        throw new EspmintError('CANCELLED', { what: 'The upload' }, { cause: error });
      })
      .finally(() => clearTimeout(timer));
    if (next.done === true) return;
    yield next.value;
  }
}
