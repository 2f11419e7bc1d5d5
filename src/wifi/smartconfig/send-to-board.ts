// SmartConfig to one board whose log can be read: its acknowledgement or its log ends it, and silence gets its likely causes.
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { macBytes } from '../../core/mac.js';
import type { Link } from '../../driver/link/transport.js';
import type { SharedAir } from '../shared-air.js';
import { watchJoin } from '../watch-join.js';
import { diagnoseSilence } from './diagnosis.js';
import type { OwnNetwork } from './own-network.js';
import { SMARTCONFIG_MS } from './sender.js';

export interface BoardRequest {
  readonly protocol: 'v1' | 'v2';
  readonly ssid: string;
  /** Empty: an open network. */
  readonly password: string;
  /** 16 characters. */
  readonly key?: string | undefined;
  /** MAC of the access point; absent: of the one that this host is joined to. */
  readonly bssid?: string | undefined;
  /** From the first packet on. */
  readonly timeoutMs?: number | undefined;
}

export interface BoardOptions {
  /** Of the board; absent: whichever acknowledges. */
  readonly mac?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Beside the password: texts to mask in lines of the board. */
  readonly secrets?: readonly string[] | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
  readonly onSending?: (() => void) | undefined;
}

export interface SentToBoard {
  readonly ssid: string;
  readonly proof: 'log' | 'acknowledgement';
  readonly address: string | undefined;
}

/** @throws SMARTCONFIG_NO_ACKNOWLEDGEMENT, SMARTCONFIG_SOCKET, WIFI_JOIN_FAILED, INPUT_INVALID, LINK_CLOSED, CANCELLED */
export async function sendToBoard(
  link: Link,
  air: SharedAir,
  request: BoardRequest,
  { mac, signal, secrets = [], onLine, onSending }: BoardOptions = {},
): Promise<SentToBoard> {
  const { ssid, password, key, bssid, timeoutMs = SMARTCONFIG_MS } = request;
  const end = new AbortController();
  const both = signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]);
  /** What came up meanwhile. */
  const seen: { network?: OwnNetwork; received: boolean } = { received: false };
  let sending: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (sending = resolve));
  const bytes = {
    key: key === undefined ? undefined : new TextEncoder().encode(key),
    bssid: bssid === undefined ? undefined : macBytes(bssid),
  };
  const acknowledged = air.smartConfig({ ...request, ...bytes }, mac, {
    signal: both,
    onSending: (network) => {
      seen.network = network;
      onSending?.();
      sending();
    },
  });
  try {
    await Promise.race([begun, acknowledged]);
    // Its log tells a wrong password, which no packet does.
    const reading = watchJoin(link, {
      ssid,
      timeoutMs,
      secrets: [...secrets, password],
      waitsForSilentBoard: true,
      signal: both,
      onLine: (line) => {
        seen.received ||= /smartconfig.*(got|ssid)/i.test(line);
        onLine?.(line);
      },
    });
    const first = await Promise.race([acknowledged, reading]);
    // The link is given back with nobody reading it.
    end.abort();
    await reading.catch(() => undefined);
    return { ssid, proof: 'joined' in first ? 'log' : 'acknowledgement', address: first.address };
  } catch (error) {
    throw isEspmintError(error, 'WIFI_JOIN_UNPROVEN') ? silence({ ...request, timeoutMs }, seen) : error;
  } finally {
    end.abort();
    await acknowledged.catch(() => undefined);
  }
}

/** Neither acknowledgement nor log: what is likely. */
function silence(
  { ssid, protocol, key, timeoutMs }: BoardRequest & { readonly timeoutMs: number },
  { network, received }: { readonly network?: OwnNetwork; readonly received: boolean },
): EspmintError {
  const boardSays = received ? 'received' : 'nothing';
  const facts = { protocol, ssid, encrypted: key !== undefined, network, foreign: 0, boardSays } as const;
  const seconds = Math.round(timeoutMs / 1000);
  const diagnosis = diagnoseSilence(facts).join(' ');
  return new EspmintError('SMARTCONFIG_NO_ACKNOWLEDGEMENT', { ssid, seconds, diagnosis });
}
