// Brings one board in the field onto a network, in whichever way it speaks: no profile and no registry.
import { masker } from '../../core/masking/masker.js';
import { EspmintError } from '../../core/errors/index.js';
import { BOARD_TIMEOUT_MS, withBoardDeadline, type Link } from '../../driver/index.js';
import { sleep } from '../../driver/wait.js';
import {
  bringOnline,
  findWay,
  JOIN_TIMEOUT_MS,
  type BringOptions,
  type Credentials,
  type FoundWay,
  type Online,
} from '../../wifi/index.js';
import { writeWifiToNvs, type StaticTarget, type WriteNvsOptions } from './write-wifi.js';

/** `auto` tries what the board answers to, and NVS last. */
export const SET_WAYS = ['auto', 'improv', 'protocomm', 'console', 'nvs'] as const;
export type SetWay = (typeof SET_WAYS)[number];

export type OpenBoardLink = (port: string, signal: AbortSignal | undefined) => Promise<Link>;

export interface SetNetworkOptions extends BringOptions {
  readonly way: SetWay;
  /** Of `nvs`. */
  readonly target: StaticTarget;
  readonly namespace: string;
  /** Whether the firmware is started anew first, where the port can. */
  readonly restart: boolean;
  readonly open: OpenBoardLink;
  readonly connect: WriteNvsOptions['connect'];
  /** For all of it; default 240 s and the time to join. */
  readonly timeoutMs?: number | undefined;
}

export type SetOutcome = Omit<Online, 'way'> & { readonly way: Exclude<SetWay, 'auto'> };

const RESET_MS = 100;

/** @throws WIFI_MODE_UNKNOWN, WIFI_JOIN_FAILED, WIFI_JOIN_UNPROVEN, WIFI_REFUSED, WIFI_PROOF_REFUSED, RUN_TIMED_OUT, ... */
export function setNetwork(
  port: string,
  credentials: Credentials,
  options: SetNetworkOptions,
): Promise<SetOutcome> {
  const timeoutMs = options.timeoutMs ?? BOARD_TIMEOUT_MS + (options.joinTimeoutMs ?? 0);
  return withBoardDeadline({ port, timeoutMs, signal: options.signal }, (signal) =>
    setWithin(port, credentials, { ...options, signal }),
  );
}

async function setWithin(
  port: string,
  credentials: Credentials,
  options: SetNetworkOptions,
): Promise<SetOutcome> {
  const { way, signal } = options;
  const say = options.onStep ?? ((): void => undefined);
  if (way !== 'nvs') {
    const done = await onLink(options.open, port, options, async (link) => {
      if (way === 'auto') say('finding out what the board speaks');
      const mask = masker([credentials.password, options.proof]);
      const ways: readonly FoundWay['way'][] | undefined = way === 'auto' ? undefined : [way];
      const found = await findWay(link, { ways, signal, onLine: (line) => options.onLine?.(mask(line)) });
      if (found === undefined) return undefined;
      say(describeWay(found));
      return bringOnline(link, found, credentials, options);
    });
    if (done !== undefined) return done;
    if (way !== 'auto') throw new EspmintError('WIFI_MODE_UNKNOWN', { port, tried: way });
    say('it speaks none of these; writing the credentials into its NVS');
  }
  const joined = await writeWifiToNvs(port, credentials, {
    ...options,
    joinTimeoutMs: options.joinTimeoutMs ?? JOIN_TIMEOUT_MS,
    onStep: say,
    onWarning: options.onWarning ?? ((): void => undefined),
  });
  return {
    way: 'nvs',
    address: joined.address,
    proof: 'log',
    line: masker([credentials.password])(joined.line),
  };
}

export interface WithBoardOptions {
  /** Whether the firmware is to start first. */
  readonly restart: boolean;
  readonly signal?: AbortSignal | undefined;
  /** For all of it; default 240 s. */
  readonly timeoutMs?: number | undefined;
}

/** Runs `use` on a link to a running board, with the signal for its waits, and closes it. @throws RUN_TIMED_OUT, ... */
export function withBoard<T>(
  open: OpenBoardLink,
  port: string,
  { restart, signal, timeoutMs = BOARD_TIMEOUT_MS }: WithBoardOptions,
  use: (link: Link, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withBoardDeadline({ port, timeoutMs, signal }, (deadline) =>
    onLink(open, port, { restart, signal: deadline }, (link) => use(link, deadline)),
  );
}

async function onLink<T>(
  open: OpenBoardLink,
  port: string,
  { restart, signal }: Omit<WithBoardOptions, 'timeoutMs'>,
  use: (link: Link) => Promise<T>,
): Promise<T> {
  const link = await open(port, signal);
  try {
    if (restart && link.hasModemLines) {
      // EN low with IO0 high, then both released: out of a loader, into the application.
      await link.setLines({ dtr: false, rts: true });
      await sleep(RESET_MS, signal);
      link.discardInput();
      await link.setLines({ dtr: false, rts: false });
    }
    return await use(link);
  } finally {
    await link.close();
  }
}

function describeWay(found: FoundWay): string {
  if (found.way === 'improv')
    return `it speaks Improv${found.provisioned ? ', and is on a network already' : ''}`;
  if (found.way === 'console') return `it has a console with the commands of ${found.preset}`;
  const { version, security } = found.version;
  return `it speaks unified provisioning ${version}, security ${security}`;
}
