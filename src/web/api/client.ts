// Calls the service: typed by the contract, every refusal as one ApiFailure.
import type { AnswerOf, ApiError, BodyOf, ParamsOf, QueryOf } from '../../service/contract/index.js';
import { addressOf, type RouteId } from './routes.js';

const TIMEOUT_MS = 30_000;
/** What speaks with a board, and ends by its own deadline before this one; and what sends megabytes. */
const SLOW: readonly RouteId[] = [
  'inspectPort',
  'lookAtWifi',
  'setWifi',
  'joinByWps',
  'joinBySmartConfig',
  'joinByPortal',
  'addFirmware',
];
const SLOW_TIMEOUT_MS = 200_000;
/** Of a million rows, on a slow computer. */
const IMPORT_TIMEOUT_MS = 3_600_000;

const timeoutOf = (id: RouteId): number =>
  id === 'importValues' ? IMPORT_TIMEOUT_MS : SLOW.includes(id) ? SLOW_TIMEOUT_MS : TIMEOUT_MS;

/** A refusal of the service, or `OFFLINE` when it could not be asked. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly code: string;
  readonly next: string | undefined;
  /** Of the request: what it is about. */
  readonly field: string | undefined;
  /** What the sentence is about, for other languages. */
  readonly params: Readonly<Record<string, string | number>>;
  /** 0 when there was no answer. */
  readonly status: number;

  constructor(status: number, error: Partial<ApiError>) {
    super(error.message ?? '');
    this.status = status;
    this.code = error.code ?? 'OFFLINE';
    this.next = error.next;
    this.field = error.field;
    this.params = error.params ?? {};
  }
}

/** Options that an operation needs, and only those. */
type Options<I extends RouteId> = (ParamsOf<I> extends undefined ? object : { params: ParamsOf<I> }) &
  (QueryOf<I> extends undefined ? object : { query?: QueryOf<I> }) &
  (BodyOf<I> extends undefined ? object : { body: BodyOf<I> }) & { signal?: AbortSignal };

/** Tablets on a line often have a wrong clock: how far that of the service is ahead. */
let aheadMs = 0;
/** The header has whole seconds. */
const CLOCK_TOLERANCE_MS = 2_000;

/** The time at the service, which all times that it tells are of. */
export const serviceNow = (): number => Date.now() + aheadMs;

function readClock(header: string | null): void {
  const nowAheadMs = Date.parse(header ?? '') - Date.now();
  if (Math.abs(nowAheadMs - aheadMs) > CLOCK_TOLERANCE_MS) aheadMs = nowAheadMs;
}

let csrfToken: string | undefined;
let onSignedOut: () => void = () => undefined;

/** The service wants it with every request that changes something; it lives in memory only. */
export function useCsrfToken(token: string | undefined): void {
  csrfToken = token;
}

/** Called whenever the service says that nobody is signed in any more. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/**
 * Asks the service.
 * @throws ApiFailure; an aborted call throws the signal's reason.
 */
export async function call<I extends RouteId>(id: I, options: Options<I>): Promise<AnswerOf<I>> {
  const { params, query, body, signal } = options as {
    params?: object;
    query?: object;
    body?: unknown;
    signal?: AbortSignal;
  };
  const { method, path } = addressOf(id, params, query);
  const headers: Record<string, string> = { accept: 'application/json' };
  const isFile = body instanceof Blob;
  if (body !== undefined) headers['content-type'] = isFile ? body.type : 'application/json';
  if (method !== 'GET' && csrfToken !== undefined) headers['x-csrf-token'] = csrfToken;
  const deadline = AbortSignal.timeout(timeoutOf(id));
  // Also of an answer that breaks off in the middle.
  const notAsked = (error: unknown): never => {
    throw signal?.aborted === true ? error : new ApiFailure(0, {});
  };
  const response = await fetch(path, {
    method,
    headers,
    credentials: 'same-origin',
    signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    ...(body === undefined ? {} : { body: isFile ? body : JSON.stringify(body) }),
  }).catch(notAsked);
  readClock(response.headers.get('date'));
  if (response.ok) return (await response.json().catch(notAsked)) as AnswerOf<I>;
  const failure = new ApiFailure(response.status, await errorOf(response));
  if (response.status === 401 && id !== 'signIn') onSignedOut();
  throw failure;
}

async function errorOf(response: Response): Promise<Partial<ApiError>> {
  const code = `HTTP_${response.status}`;
  try {
    return { code, ...((await response.json()) as Partial<ApiError>) };
  } catch {
    return { code, message: response.statusText };
  }
}
