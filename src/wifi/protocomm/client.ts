// Unified provisioning, the host's side: find out the version, open a session, scan, hand over a network, watch it join.
import { EspmintError, isEspmintError, warningOf, type OnWarning } from '../../core/errors/index.js';
import { Deadline, sleep, throwIfAborted } from '../../driver/wait.js';
import { joinFailed, joinUnproven, reasonText } from '../reasons.js';
import { strongestFirst, type SeenNetwork } from '../seen-network.js';
import {
  configApply,
  configGetStatus,
  configSet,
  configStatus,
  controlReset,
  readScanOutcome,
  readScanResult,
  readScanStatus,
  scanResult,
  scanStart,
  scanStatus,
  stationState,
  STATUS_TEXTS,
  type StationState,
} from './messages.js';
import { Session, type SessionSecrets } from './session.js';
import { HandlerFailed, readAnswer, type ProtocommTransport } from './transport.js';
import { readVersion, type DeviceVersion } from './version.js';

export interface ProtocommOptions {
  /** Absent: the device is asked without one, which only works where it wants none. */
  readonly proof?: string | undefined;
  /** Of security 2; default `wifiprov`, as in ESP-IDF's examples. */
  readonly username?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the board to join; default 45,000. */
  readonly joinTimeoutMs?: number | undefined;
  readonly onWarning?: OnWarning | undefined;
  readonly onState?: ((state: StationState) => void) | undefined;
}

export interface ProtocommJoined {
  readonly address: string;
  readonly channel?: number | undefined;
}

const DEFAULT_USERNAME = 'wifiprov';
const JOIN_MS = 45_000;
const POLL_MS = 1_000;
const SESSIONS_FOR_ONE_QUESTION = 3;
/** So many a request, as ESP-IDF's own client reads them over narrow transports. */
const NETWORKS_AT_ONCE = 4;
/** A device keeps this many networks of a scan. */
const MOST_NETWORKS = 64;
const SSID_BYTES = 32;
const PASSPHRASE_BYTES = 63;

export class ProtocommClient {
  #version: DeviceVersion | undefined;
  #session: Session | undefined;
  #hadSession = false;

  constructor(
    private readonly transport: ProtocommTransport,
    private readonly options: ProtocommOptions = {},
  ) {}

  /** @throws WIFI_ANSWER_BROKEN, HandlerFailed, errors of the transport */
  async version(): Promise<DeviceVersion> {
    if (this.#version !== undefined) return this.#version;
    const bytes = await this.transport.request('proto-ver', new TextEncoder().encode('ESP'));
    this.#version = readAnswer(this.transport, 'proto-ver', () => readVersion(textOf(bytes)));
    return this.#version;
  }

  /** The networks that the board sees. @throws WIFI_REFUSED, WIFI_PROOF_REFUSED, ... */
  async scan(): Promise<SeenNetwork[]> {
    const search = 'the search for networks';
    const started = await this.#ask('prov-scan', scanStart(), search, readStarted);
    this.#check(search, started);
    let found = await this.#ask('prov-scan', scanStatus(), search, readScanStatus);
    const deadline = new Deadline(JOIN_MS);
    while (!found.finished && found.status === 0 && !deadline.passed) {
      await sleep(POLL_MS, this.options.signal);
      found = await this.#ask('prov-scan', scanStatus(), search, readScanStatus);
    }
    this.#check(search, found.status);
    const networks: SeenNetwork[] = [];
    const count = Math.min(found.count, MOST_NETWORKS);
    for (let at = 0; at < count; at += NETWORKS_AT_ONCE) {
      // Beyond the last one the device refuses the whole request.
      const request = scanResult(at, Math.min(NETWORKS_AT_ONCE, count - at));
      const list = 'the list of networks';
      const answer = await this.#ask('prov-scan', request, list, (bytes) => ({
        status: readScanOutcome(bytes, 'result'),
        found: readScanResult(bytes),
      }));
      this.#check(list, answer.status);
      networks.push(...answer.found);
    }
    return strongestFirst(networks);
  }

  /**
   * Hands over a network, applies it and waits until the device says how it went.
   * @throws WIFI_JOIN_FAILED, WIFI_JOIN_UNPROVEN, WIFI_PROOF_REFUSED, WIFI_REFUSED, CANCELLED
   */
  async provision(ssid: string, password: string): Promise<ProtocommJoined> {
    const { name, passphrase } = checkProtocommNetwork(ssid, password);
    const [network, use] = ['the network', 'the use of the network'];
    const message = configSet(name, passphrase);
    this.#check(network, await this.#ask('prov-config', message, network, readSet));
    await this.#apply(use);
    return this.#untilJoined(ssid);
  }

  /** Whether a device whose answer was lost has begun, its state will tell; asked twice it would refuse. */
  async #apply(use: string): Promise<void> {
    const session = await this.#open();
    try {
      const answer = await session.request('prov-config', configApply());
      this.#check(
        use,
        readAnswer(this.transport, 'prov-config', () => readApplied(answer)),
      );
    } catch (error) {
      if (!isLoss(error)) throw error;
      this.#session = undefined;
      if (!(error instanceof HandlerFailed)) return;
      const state = await this.#state().catch((failure: unknown) => {
        // A stopped run and a pulled cable are neither a refusal nor an answer.
        if (isLoss(failure) || isEspmintError(failure, 'WIFI_PROOF_REFUSED')) return undefined;
        throw failure;
      });
      if (state !== undefined && state.state !== 'disconnected') return;
      const reason = 'it ended the connection without an answer';
      throw new EspmintError('WIFI_REFUSED', { port: this.transport.address, what: use, reason });
    }
  }

  async #untilJoined(ssid: string): Promise<ProtocommJoined> {
    const { joinTimeoutMs = JOIN_MS, signal } = this.options;
    const deadline = new Deadline(joinTimeoutMs);
    let lost: string | undefined;
    while (!deadline.passed) {
      throwIfAborted(signal, 'Provisioning');
      const state = await this.#state().catch((error: unknown) => {
        lost = lossOf(error);
        return undefined;
      });
      if (state !== undefined) {
        lost = undefined;
        this.options.onState?.(state);
        if (state.state === 'connected') return { address: state.address, channel: state.channel };
        if (state.state === 'failed') throw await this.#failed(ssid, state.reason);
      }
      await sleep(Math.min(POLL_MS, Math.max(1, deadline.remainingMs)), signal);
    }
    throw joinUnproven(
      this.transport.address,
      lost === undefined
        ? `the device did not say how it went within ${joinTimeoutMs} ms`
        : `the connection to the device was lost before it said how it went: ${lost}`,
    );
  }

  /** A lost answer breaks the session's cipher: the next question goes into a new session. */
  async #state(): Promise<StationState> {
    const session = this.#session ?? (await this.#open());
    try {
      const answer = await session.request('prov-config', configGetStatus());
      const state = readAnswer(this.transport, 'prov-config', () => stationState(answer));
      if (state.state === 'refused') this.#check('the question how it went', state.status);
      return state as StationState;
    } catch (error) {
      this.#session = undefined;
      throw error;
    }
  }

  /** Makes the device ready for another try. It may be gone, or too old to know how: neither changes the outcome. */
  async #failed(ssid: string, reason: 'auth' | 'not-found' | 'unknown'): Promise<EspmintError> {
    try {
      await this.#session?.request('prov-ctrl', controlReset());
    } catch {
      this.#session = undefined;
    }
    return joinFailed({ port: this.transport.address, ssid }, FAILURES[reason]);
  }

  async #open(): Promise<Session> {
    if (this.#session !== undefined) return this.#session;
    if (this.#hadSession) this.transport.renew();
    this.#hadSession = true;
    const version = await this.#versionOrRefused();
    this.#session = await Session.open(this.transport, version, this.#secrets(version));
    return this.#session;
  }

  async #versionOrRefused(): Promise<DeviceVersion> {
    try {
      return await this.version();
    } catch (error) {
      if (!(error instanceof HandlerFailed)) throw error;
      throw new EspmintError('WIFI_NO_ANSWER', {
        port: this.transport.address,
        what: 'version of unified provisioning',
        timeoutMs: 0,
      });
    }
  }

  #secrets(version: DeviceVersion): SessionSecrets {
    const { proof, username = DEFAULT_USERNAME, onWarning } = this.options;
    const address = this.transport.address;
    if (version.security === 0) {
      onWarning?.(warningOf('WIFI_UNPROTECTED', { port: address }));
    }
    if (version.security === 2 && version.securityPatch < 1) {
      onWarning?.(warningOf('WIFI_NONCE_REUSED', { port: address }));
    }
    const wantsNone = version.security === 0 || version.capabilities.includes('no_pop');
    if (version.security === 1 && wantsNone) return { proof: '', username };
    if (proof === undefined && !wantsNone) {
      throw new EspmintError('WIFI_PROOF_REFUSED', {
        port: address,
        reason: 'none was given, and it wants one',
      });
    }
    return { proof: proof ?? '', username };
  }

  /**
   * One question. A device that was restarted, and one whose answer was lost, no longer has this session: it is asked again
   * in a new one, where that answer too may be lost. Whoever refuses, refuses again.
   */
  async #ask<T>(
    endpoint: string,
    message: Uint8Array,
    what: string,
    read: (answer: Uint8Array) => T,
  ): Promise<T> {
    const ask = async (): Promise<T> => {
      const session = await this.#open();
      try {
        const answer = await session.request(endpoint, message);
        return readAnswer(this.transport, endpoint, () => read(answer));
      } catch (error) {
        this.#session = undefined;
        throw error;
      }
    };
    try {
      const tries = this.#session === undefined ? 1 : SESSIONS_FOR_ONE_QUESTION;
      for (let left = tries - 1; ; left--) {
        try {
          return await ask();
        } catch (error) {
          if (left === 0 || !isLoss(error)) throw error;
        }
      }
    } catch (error) {
      if (!(error instanceof HandlerFailed)) throw error;
      const reason = 'it ended the connection without an answer';
      throw new EspmintError('WIFI_REFUSED', { port: this.transport.address, what, reason });
    }
  }

  #check(what: string, status: number): void {
    if (status === 0) return;
    const reason = STATUS_TEXTS[status] ?? `status ${status}`;
    throw new EspmintError('WIFI_REFUSED', { port: this.transport.address, what, reason });
  }
}

const readStarted = (answer: Uint8Array): number => readScanOutcome(answer, 'start');
const readSet = (answer: Uint8Array): number => configStatus(answer, 'set');
const readApplied = (answer: Uint8Array): number => configStatus(answer, 'apply');

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RangeError('it is no text');
  }
}

/** The numbers that the firmware itself goes by, and what this device can be asked beside them. */
const FAILURES = {
  auth: reasonText(202),
  'not-found': {
    ...reasonText(201),
    hint: 'check the network name, and that `espmint wifi scan` shows it to this board',
  },
  unknown: { ...reasonText(undefined), text: 'the device did not say why' },
};

/** Errors after which the device may still be joining; others are thrown on. */
function lossOf(error: unknown): string {
  if (error instanceof HandlerFailed) return 'it closed the connection';
  if (isEspmintError(error) && LOSSES.includes(error.code)) return error.message.replace(/; .*$/, '');
  throw error;
}

const isLoss = (error: unknown): boolean =>
  error instanceof HandlerFailed || (isEspmintError(error) && LOST_ANSWERS.includes(error.code));
const LOST_ANSWERS: readonly string[] = ['WIFI_NO_ANSWER', 'PORT_UNREACHABLE', 'WIFI_ANSWER_BROKEN'];
const LOSSES: readonly string[] = [
  'WIFI_NO_ANSWER',
  'PORT_UNREACHABLE',
  'WIFI_ANSWER_BROKEN',
  'WIFI_PROOF_REFUSED',
  'LINK_CLOSED',
  'LINK_TIMEOUT',
];

/** What a device's buffers hold. @returns the bytes that are sent. @throws INPUT_INVALID */
export function checkProtocommNetwork(
  ssid: string,
  password: string,
): { readonly name: Uint8Array; readonly passphrase: Uint8Array } {
  const name = new TextEncoder().encode(ssid);
  const passphrase = new TextEncoder().encode(password);
  checkLength('The network name', name.length, SSID_BYTES);
  checkLength('The password', passphrase.length, PASSPHRASE_BYTES);
  return { name, passphrase };
}

function checkLength(field: string, bytes: number, most: number): void {
  if (bytes <= most) return;
  throw new EspmintError('INPUT_INVALID', {
    field,
    reason: `has ${bytes} bytes, and a device takes ${most} by unified provisioning`,
    hint: 'give a shorter one; a raw key of 64 hex digits goes into NVS only',
  });
}
