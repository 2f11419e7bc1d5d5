// What the boards of one process share of the air: one WPS button window at a time, and one SmartConfig sender for all
// boards that wait for the same network.
import { EspmintError, toEspmintError } from '../core/errors/index.js';
import { macBytes } from '../core/mac.js';
import type { OpenAirSocket } from './smartconfig/air-socket.js';
import { ownNetwork, type OwnNetwork } from './smartconfig/own-network.js';
import { sendSmartConfig, type SenderOptions, type SmartConfigRequest } from './smartconfig/sender.js';
import type { Acknowledgement } from './smartconfig/v1.js';

export interface SharedAirParts {
  /** Default: UDP of this host. */
  readonly open?: OpenAirSocket | undefined;
  /** The network that packets go into. Default: this host's first Wi-Fi network, or its first other one. */
  readonly network?: (() => Promise<OwnNetwork>) | undefined;
  /** For tests. */
  readonly pace?: SenderOptions['pace'];
}

export type AirRequest = Pick<SmartConfigRequest, 'protocol' | 'ssid' | 'password' | 'key'> & {
  /** 6 bytes; absent: of the access point that this host is joined to. */
  readonly bssid?: Uint8Array | undefined;
};

export interface AirWait {
  readonly signal?: AbortSignal | undefined;
  /** The sender is there: packets for this board go out from now on. */
  readonly onSending?: ((network: OwnNetwork) => void) | undefined;
}

interface Waiter {
  readonly mac: string | undefined;
  readonly heard: (board: Acknowledgement) => void;
  readonly failed: (error: EspmintError) => void;
  readonly onSending: AirWait['onSending'];
}

/** Boards that wait for the same network. */
interface Group {
  readonly waiters: Set<Waiter>;
  readonly stop: AbortController;
  sending: OwnNetwork | undefined;
}

/** A sender of many boards goes on for as long as one of them waits, and each has its own deadline. */
const ENDLESS = { sendMs: Infinity, slowAfterMs: Infinity } as const;

export class SharedAir {
  readonly #parts: SharedAirParts;
  readonly #groups = new Map<string, Group>();
  readonly #wps = new Turns();
  readonly #sender = new Turns();

  constructor(parts: SharedAirParts = {}) {
    this.#parts = parts;
  }

  /**
   * Two boards that wait for the button at once are an overlap, which ends both windows: each waits for its turn before
   * its firmware starts. @returns what gives the turn on @throws CANCELLED
   */
  wpsTurn(signal?: AbortSignal, onWait?: () => void): Promise<() => void> {
    return this.#wps.take(signal, onWait);
  }

  /**
   * Sends until the board of that MAC, or any, acknowledges: from inside the network, so it has joined.
   * @throws SMARTCONFIG_SOCKET, INPUT_INVALID, CANCELLED
   */
  smartConfig(
    request: AirRequest,
    mac: string | undefined,
    { signal, onSending }: AirWait = {},
  ): Promise<Acknowledgement> {
    const name = JSON.stringify([
      request.protocol,
      request.ssid,
      request.password,
      [...(request.key ?? [])],
      [...(request.bssid ?? [])],
    ]);
    const known = this.#groups.get(name);
    // Where other networks wait, whoever comes later goes behind them: a network with ever more boards would never end.
    const isClosed = known?.sending !== undefined && this.#sender.hasWaiting;
    const group = known === undefined || isClosed ? this.#begin(name, request) : known;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        group.waiters.delete(waiter);
        signal?.removeEventListener('abort', cancel);
        if (group.waiters.size > 0) return;
        if (this.#groups.get(name) === group) this.#groups.delete(name);
        group.stop.abort();
      };
      const cancel = (): void => waiter.failed(new EspmintError('CANCELLED', { what: 'SmartConfig' }));
      const waiter: Waiter = {
        mac,
        onSending,
        heard: (board) => {
          leave();
          resolve(board);
        },
        failed: (error) => {
          leave();
          reject(error);
        },
      };
      group.waiters.add(waiter);
      signal?.addEventListener('abort', cancel, { once: true });
      if (signal?.aborted === true) cancel();
      else if (group.sending !== undefined) onSending?.(group.sending);
    });
  }

  #begin(name: string, request: AirRequest): Group {
    const group: Group = { waiters: new Set(), stop: new AbortController(), sending: undefined };
    this.#groups.set(name, group);
    void this.#send(request, group).catch((error: unknown) => {
      if (this.#groups.get(name) === group) this.#groups.delete(name);
      for (const waiter of [...group.waiters]) waiter.failed(toEspmintError(error));
    });
    return group;
  }

  /** Two senders at once would be one stream that no board can read. */
  async #send(request: AirRequest, group: Group): Promise<void> {
    const { signal } = group.stop;
    const giveOn = await this.#sender.take(signal);
    try {
      const network = await (this.#parts.network ?? ownNetwork)();
      const bssid = request.bssid ?? bytesOf(network);
      group.sending = network;
      for (const { onSending } of group.waiters) onSending?.(network);
      await sendSmartConfig(
        {
          ...request,
          bssid,
          address: network.address,
          destination: request.protocol === 'v1' ? '255.255.255.255' : network.broadcast,
          boards: Infinity,
        },
        {
          signal,
          open: this.#parts.open,
          pace: { ...ENDLESS, ...this.#parts.pace },
          onHeard: (board) => {
            for (const waiter of [...group.waiters])
              if ((waiter.mac ?? board.mac) === board.mac) waiter.heard(board);
          },
        },
      );
    } finally {
      giveOn();
    }
  }
}

/** @throws INPUT_INVALID where nothing tells which access point it is */
function bytesOf({ bssid, interfaceName }: OwnNetwork): Uint8Array {
  if (bssid !== undefined) return macBytes(bssid);
  throw new EspmintError('INPUT_INVALID', {
    field: 'The BSSID of the access point',
    reason: `is not given, and ${interfaceName} does not tell it`,
    hint: 'write wifi.smartconfig.bssid into the profile (the MAC of the access point, on 2.4 GHz)',
  });
}

/** One after the other. */
class Turns {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** Beside the one that has the turn. */
  get hasWaiting(): boolean {
    return this.#waiting > 1;
  }

  /** @returns what gives the turn on @throws CANCELLED */
  async take(signal?: AbortSignal, onWait?: () => void): Promise<() => void> {
    const before = this.#last;
    let end: () => void = () => undefined;
    this.#last = new Promise((resolve) => (end = resolve));
    const giveOn = (): void => {
      this.#waiting -= 1;
      end();
    };
    if (this.#waiting++ > 0) onWait?.();
    let cancel: () => void = () => undefined;
    const cancelled = new Promise<never>((_, reject) => {
      cancel = () => reject(new EspmintError('CANCELLED', { what: 'Waiting for the air' }));
      signal?.addEventListener('abort', cancel, { once: true });
      if (signal?.aborted === true) cancel();
    });
    try {
      await Promise.race([before, cancelled]);
      return giveOn;
    } catch (error) {
      // Whoever comes next still waits for those before.
      void before.then(giveOn);
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }
}

/** Of the air around this host. */
export const HOST_AIR = new SharedAir();
