// Live events for as long as the page is open: one EventSource, made anew when the browser gives up on it.
import type { LiveEvent } from '../../service/contract/index.js';
import { addressOf } from './routes.js';

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 5_000;

export interface LiveListener {
  /** All events of one frame together, so that 64 busy boards cost one render. */
  readonly onEvents: (events: readonly LiveEvent[]) => void;
  readonly onConnection: (connected: boolean) => void;
}

/** Opens the stream. Returns what closes it for good. */
export function openLive({ onEvents, onConnection }: LiveListener): () => void {
  let source: EventSource | undefined;
  let retryTimer: number | undefined;
  let retryMs = RETRY_MIN_MS;
  let waiting: LiveEvent[] = [];
  let flushTimer: number | undefined;

  const flush = (): void => {
    flushTimer = undefined;
    const events = waiting;
    waiting = [];
    onEvents(events);
  };
  const connect = (): void => {
    source = new EventSource(addressOf('events').path, { withCredentials: true });
    source.onopen = () => {
      retryMs = RETRY_MIN_MS;
      onConnection(true);
    };
    source.onmessage = ({ data }: MessageEvent<string>) => {
      waiting.push(JSON.parse(data) as LiveEvent);
      // A timer and not a frame: a page in the background has no frames, but its sounds and title go on.
      flushTimer ??= window.setTimeout(flush, 16);
    };
    source.onerror = () => {
      onConnection(false);
      // After a refusal (not a broken line) the browser does not try again by itself.
      if (source?.readyState !== EventSource.CLOSED) return;
      retryTimer = window.setTimeout(connect, retryMs);
      retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
    };
  };

  connect();
  return () => {
    source?.close();
    window.clearTimeout(retryTimer);
    window.clearTimeout(flushTimer);
  };
}
