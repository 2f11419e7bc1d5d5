// Live events for as long as the page is open: one EventSource, which the browser keeps alive through broken lines.
import type { LiveEvent } from '../../service/contract/index.js';
import { addressOf } from './routes.js';

export interface LiveListener {
  /** All events of one frame together, so that 64 busy boards cost one render. */
  readonly onEvents: (events: readonly LiveEvent[]) => void;
  readonly onConnection: (connected: boolean) => void;
  /** The service has refused (not a broken line): the browser does not try again by itself. */
  readonly onRefused: () => void;
}

/** Opens the stream. Returns what closes it for good. */
export function openLive({ onEvents, onConnection, onRefused }: LiveListener): () => void {
  let waiting: LiveEvent[] = [];
  let flushTimer: number | undefined;
  const flush = (): void => {
    flushTimer = undefined;
    const events = waiting;
    waiting = [];
    onEvents(events);
  };
  const source = new EventSource(addressOf('events').path, { withCredentials: true });
  source.onopen = () => onConnection(true);
  source.onmessage = ({ data }: MessageEvent<string>) => {
    waiting.push(JSON.parse(data) as LiveEvent);
    // A timer and not a frame: a page in the background has no frames, but its sounds and title go on.
    flushTimer ??= window.setTimeout(flush, 16);
  };
  source.onerror = () => {
    onConnection(false);
    if (source.readyState === EventSource.CLOSED) onRefused();
  };
  return () => {
    source.close();
    window.clearTimeout(flushTimer);
  };
}
