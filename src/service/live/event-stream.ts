// One reader of live events over HTTP (server-sent events, WHATWG HTML section 9.2).
import type { ServerResponse } from 'node:http';
import type { EventHub, SentEvent } from './event-hub.js';
import { liveEventSchema, type LiveEvent } from '../contract/index.js';

const HEARTBEAT_MS = 15_000;
/** What may wait for a slow reader: several seconds of 64 busy boards. More, and it is cut off; it comes back by itself. */
const BACKLOG_BYTES = 1024 * 1024;
/** How soon a browser comes back. */
const RETRY_MS = 1_000;

export interface StreamOptions {
  readonly version: string;
  readonly lastSeenId: string | undefined;
  /** Whether the reader may still listen: asked before each heartbeat, and when somebody has lost a right. */
  readonly isAllowed: () => Promise<boolean>;
  readonly heartbeatMs?: number;
}

/** Writes the head and everything that the reader missed, then each event until one of both sides ends it. */
export function streamEvents(response: ServerResponse, hub: EventHub, options: StreamOptions): void {
  const { version, lastSeenId, isAllowed, heartbeatMs = HEARTBEAT_MS } = options;
  const send = ({ id, json }: SentEvent): void => {
    response.write(`${id === undefined ? '' : `id: ${id}\n`}data: ${json}\n\n`);
    if (response.writableLength > BACKLOG_BYTES) response.destroy();
  };
  const sendNow = (event: LiveEvent): void =>
    send({ id: undefined, json: JSON.stringify(liveEventSchema.parse(event)) });

  response.write(`retry: ${RETRY_MS}\n\n`);
  sendNow({ type: 'hello', version, instance: hub.instance });
  const missed = lastSeenId === undefined ? [] : hub.since(lastSeenId);
  if (missed === undefined) sendNow({ type: 'reset' });
  // The id without data: the browser's next Last-Event-ID counts from here, also if nothing happens until then.
  if (missed === undefined || lastSeenId === undefined) response.write(`id: ${hub.lastId}\n\n`);
  for (const event of missed ?? []) send(event);

  // A reader that is sent away may take a while to be gone: nothing is written to it meanwhile.
  const leave = (): void => {
    clearInterval(heartbeat);
    unsubscribe();
  };
  const end = (): void => {
    leave();
    response.end();
  };
  const check = (): void => {
    isAllowed()
      .catch(() => false)
      .then(
        (allowed) => {
          if (!allowed) end();
          else if (!response.writableEnded) response.write(':\n\n');
        },
        () => undefined,
      );
  };
  const unsubscribe = hub.subscribe({ event: send, check, end });
  const heartbeat = setInterval(check, heartbeatMs);
  response.once('close', leave);
}
