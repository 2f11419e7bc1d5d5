// Health, version, and the stream of live events.
import { EspmintError } from '../../core/errors/index.js';
import type { ServiceCore } from '../core.js';
import type { Handlers } from '../http/operations.js';
import { openApiDocument } from '../http/openapi.js';
import { streamEvents } from '../live/event-stream.js';
import { registryStatus } from '../station/registry-status.js';

/** Pages and machines that may listen at once. */
const READERS_MAX = 200;
/** Of one person at one address: whoever opens pages without end takes no line from the others. */
const READERS_OF_ONE_MAX = 50;
/** A supervisor asks often, and wants an answer rather than the truth of the next minute. */
const READY_TIMEOUT_MS = 3_000;

type SystemHandlers = Pick<Handlers, 'live' | 'ready' | 'version' | 'openapi' | 'metrics' | 'events'>;

export function systemHandlers(core: ServiceCore, sessionCookie: string): SystemHandlers {
  const { hub, gate, options, parts } = core;
  const { version } = options;
  const readers = new Map<string, number>();
  return {
    live: () => ({ status: 'ok' }),
    ready: async () => {
      if (core.isStopping()) throw new EspmintError('SERVICE_STOPPING', {});
      await withDeadline(READY_TIMEOUT_MS, async () => {
        const { ok, message = '' } = await registryStatus(parts.registry);
        if (!ok) throw notReady(parts.registry.description, message);
      });
      return { status: 'ok' };
    },
    version: () => ({
      version,
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      instance: hub.instance,
    }),
    openapi: () => openApiDocument(sessionCookie),
    metrics: async (_, call) => {
      const metrics = await core.metrics();
      call.header('content-type', metrics.contentType);
      return metrics.text();
    },
    events: (_, call) => {
      if (hub.readers >= READERS_MAX) throw new EspmintError('TOO_MANY_READERS', { limit: READERS_MAX });
      const caller = `${call.identity?.name ?? ''} ${call.address}`;
      const own = readers.get(caller) ?? 0;
      if (own >= READERS_OF_ONE_MAX)
        throw new EspmintError('TOO_MANY_READERS', { limit: READERS_OF_ONE_MAX });
      const response = call.takeOver();
      readers.set(caller, own + 1);
      response.once('close', () => {
        const left = (readers.get(caller) ?? 1) - 1;
        if (left === 0) readers.delete(caller);
        else readers.set(caller, left);
      });
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // The connection is of no use afterwards, and a service that stops must not wait for it.
        connection: 'close',
        // Proxies that gather answers would hold events back.
        'x-accel-buffering': 'no',
      });
      const isAllowed = async (): Promise<boolean> => (await gate.identify(call.credentials)) !== undefined;
      streamEvents(response, hub, { version, lastSeenId: call.lastEventId, isAllowed });
      return undefined;
    },
  };

  async function withDeadline(timeoutMs: number, work: () => Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(notReady(parts.registry.description, `no answer within ${timeoutMs} ms`));
      }, timeoutMs);
    });
    try {
      await Promise.race([work(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function notReady(target: string, reason: string): EspmintError {
  return new EspmintError('REGISTRY_UNREACHABLE', { target, reason });
}
