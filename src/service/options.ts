// How a service is run: where it listens, who may reach it, where it keeps its state.

import type { WpsHook } from '../wifi/index.js';

export interface TlsFiles {
  /** PEM: the certificate, with the chain if there is one. */
  readonly cert: string;
  /** PEM: its key. */
  readonly key: string;
}

export interface ServiceOptions {
  /** Of espmint. */
  readonly version: string;
  /** The service keeps its own state in a folder of it. */
  readonly dataDir: string;
  /** The built dashboard; a service without one answers only the API. */
  readonly webDir?: string | undefined;
  /** What it listens on; loopback unless they are set otherwise. */
  readonly host?: string | undefined;
  /** Further host names it is reached by, through a proxy or a DNS name. */
  readonly allowedHosts?: readonly string[] | undefined;
  /**
   * Addresses and networks (`10.0.0.0/8`) of proxies before it: what these say of where a request comes from is believed.
   * A request from them never counts as one of this computer.
   */
  readonly trustedProxies?: readonly string[] | undefined;
  readonly tls?: TlsFiles | undefined;
  /** The access point's own commands, for boards that join by WPS in their run. */
  readonly wpsHook?: WpsHook | undefined;
  /** Instead of what profiles say about the proof. */
  readonly verify?: 'md5' | 'readback' | undefined;
  /** How long running boards may go on after the service was asked to stop; 20 s. */
  readonly patienceMs?: number | undefined;
  /** How often ports are looked at; 1 s. */
  readonly portIntervalMs?: number | undefined;
}

/** From the least to the most that the log has. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 8484;
