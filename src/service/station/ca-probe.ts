// Asks a CA URL once: does a device that calls it find somebody there? Nothing is sent but a bare GET.
import http from 'node:http';
import https from 'node:https';
import { EspmintError, toEspmintError } from '../../core/errors/index.js';
import type { CaTest } from '../contract/index.js';
import { stopwatch } from './registry-status.js';

const TIMEOUT_MS = 3_000;

/**
 * Redirects are answers, and are not followed. What is wrong with the server is the result.
 * @param url one that `checkCaUrl` has taken
 */
export async function probeCa(url: string, signal: AbortSignal, timeoutMs = TIMEOUT_MS): Promise<CaTest> {
  const elapsed = stopwatch();
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const status = await statusOf(new URL(url), AbortSignal.any([signal, deadline]));
    if (status < 500) return { ok: true, durationMs: elapsed(), status };
    const { code, message } = new EspmintError('CA_FAULTY', { status });
    return { ok: false, durationMs: elapsed(), status, code, message };
  } catch (thrown) {
    const { code, message } = deadline.aborted
      ? new EspmintError('CA_UNREACHABLE', { reason: `no answer within ${timeoutMs / 1000} s` })
      : failureOf(thrown);
    return { ok: false, durationMs: elapsed(), code, message };
  }
}

/** Resolves with the head of the answer; the rest of it is not read. */
function statusOf(url: URL, signal: AbortSignal): Promise<number> {
  const { get } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    // Its own connection, which ends with this question.
    const request = get(url, { agent: false, signal }, (response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    request.on('error', reject);
    // Node ends such a connection without a word where nobody listens for it.
    request.on('upgrade', ({ statusCode }, socket) => {
      socket.destroy();
      resolve(statusCode ?? 0);
    });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it ended the connection',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  EPROTO: 'it does not speak TLS there',
};

/** Of OpenSSL's X509_verify_cert_error_string, as Node names them; ERR_TLS_CERT_ALTNAME_INVALID is Node's own. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_/;

function failureOf(thrown: unknown): EspmintError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;
  if (code === undefined) return toEspmintError(thrown);
  if (CERTIFICATE.test(code)) return new EspmintError('CA_UNTRUSTED', { reason: code });
  return new EspmintError('CA_UNREACHABLE', { reason: REASONS[code] ?? code });
}
