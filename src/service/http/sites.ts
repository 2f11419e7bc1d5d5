// Keeps other web sites out: a page elsewhere may make a browser on this machine send requests to us.
import { hostname } from 'node:os';
import { isIP } from 'node:net';
import { EspmintError } from '../../core/errors/index.js';

export interface Site {
  /** What the service listens on. */
  readonly host: string;
  /** Further names it is reached by. */
  readonly allowedHosts: readonly string[];
}

/** Header values as Node gives them. */
export interface SiteHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
}

/** Headers that proxies add: any of them says that the request was begun elsewhere. */
const FORWARDING =
  /^(forwarded|via|x-(forwarded|original|envoy|proxy)[\w-]*|x-(real|client|cluster-client)-ip|(true-)?client-ip|cf-[\w-]+|fastly-client-ip)$/;

/** A connection, as Node tells of it. */
export interface Caller {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly remoteAddress: string | undefined;
  readonly httpVersion: string;
}

/**
 * Whether a program on this computer sent it to a name of this computer, and no proxy passed it on. A proxy that says
 * nothing of itself and rewrites the Host speaks HTTP/1.0 (nginx as it comes); browsers do not.
 */
export function isDirect({ headers, remoteAddress = '', httpVersion }: Caller): boolean {
  const name = hostNameOf(String(headers['host']));
  return (
    isLoopback(remoteAddress.replace(/^::ffff:/i, '')) &&
    name !== undefined &&
    isLoopback(name) &&
    httpVersion !== '1.0' &&
    !Object.keys(headers).some((header) => FORWARDING.test(header))
  );
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];

export function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.includes(host) || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * The Host must be one of ours: a foreign name that was made to point here (DNS rebinding) is not. An Origin must be the
 * same place as the Host.
 *
 * @throws SITE_REFUSED
 */
export function checkSite(headers: SiteHeaders, site: Site, isApi: boolean): void {
  const { host, origin } = headers;
  const name = host === undefined ? undefined : hostNameOf(host);
  if (host === undefined || name === undefined || !isOurs(name, site)) {
    throw new EspmintError('SITE_REFUSED', { reason: 'it was sent to a host name that is not ours' });
  }
  if (origin !== undefined && originHost(origin) !== host.toLowerCase()) {
    throw new EspmintError('SITE_REFUSED', { reason: 'it comes from another site' });
  }
  const fetchSite = headers['sec-fetch-site'];
  // A link from elsewhere may open the page; only our own page may call the interface behind it.
  if (isApi && (fetchSite === 'cross-site' || fetchSite === 'same-site')) {
    throw new EspmintError('SITE_REFUSED', { reason: 'it comes from another site' });
  }
}

function isOurs(name: string, { host, allowedHosts }: Site): boolean {
  if (allowedHosts.some((allowed) => allowed.toLowerCase() === name)) return true;
  if (isLoopback(host)) return isLoopback(name);
  // An address cannot be rebound: whoever sends it means this machine.
  return isIP(name) !== 0 || name === 'localhost' || name === hostname().toLowerCase() || name === host;
}

/** Without the port, and without the brackets of an IPv6 address. */
function hostNameOf(host: string): string | undefined {
  // Only a name and a port: a URL would also take a user, a path or a fragment, and find another name in it.
  if (!/^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host)) return undefined;
  try {
    return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
  } catch {
    return undefined;
  }
}

function originHost(origin: string): string | undefined {
  try {
    const { protocol, host } = new URL(origin);
    return protocol === 'http:' || protocol === 'https:' ? host : undefined;
  } catch {
    return undefined;
  }
}
