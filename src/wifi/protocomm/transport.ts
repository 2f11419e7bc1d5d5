// What carries requests to a device: HTTP over its access point, or its serial console.
import { EspmintError } from '../../core/errors/index.js';

/** How a client reaches the endpoints of one device; one request in flight. */
export interface ProtocommTransport {
  /** For messages: a URL or a port. */
  readonly address: string;
  /**
   * @throws HandlerFailed where the device is there but gives no answer to this; WIFI_NO_ANSWER and other errors of the
   *   way to it
   */
  request(endpoint: string, body: Uint8Array): Promise<Uint8Array>;
  /** The next request belongs to a new session. */
  renew(): void;
  close(): void;
}

/** The device's handler failed: it closed the connection, or showed its prompt. Its firmware has no other way to say no. */
export class HandlerFailed extends Error {
  constructor(readonly endpoint: string) {
    super(`no answer from ${endpoint}`);
  }
}

/** Takes an answer apart, whatever the device sent. @throws WIFI_ANSWER_BROKEN where that is a RangeError */
export function readAnswer<T>(
  { address: port }: { readonly address: string },
  what: string,
  read: () => T,
): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new EspmintError('WIFI_ANSWER_BROKEN', { port, what, reason: error.message }, { cause: error });
  }
}
