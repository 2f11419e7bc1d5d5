// What a request says of itself and may be passed on.
import type { FastifyRequest } from 'fastify';
import { isIP } from 'node:net';

/** The path without the query, which may hold what nobody should read in a log. */
export function pathOf(url: string): string {
  return url.split('?')[0] ?? url;
}

/** What a proxy says of it may be anything; limits, log and audit trail know addresses. */
export function addressOf({ ip, raw }: FastifyRequest): string {
  return isIP(ip) === 0 ? (raw.socket.remoteAddress ?? '') : ip;
}
