// Wi-Fi of one board in the field otherwise than over its cable: WPS, SmartConfig, or the portal of its own access point.
import { isIPv4 } from 'node:net';
import { EspmintError, warningOf } from '../../core/errors/index.js';
import { checkWifi } from '../../core/wifi.js';
import { parseWpsPin } from '../../core/wps-pin.js';
import { withBoard } from '../../provision/wifi/set-network.js';
import {
  asksForPin,
  checkSmartConfigNetwork,
  HOST_AIR,
  HttpTransport,
  ProtocommClient,
  runWpsWindow,
  sendToBoard,
} from '../../wifi/index.js';
import type { ServiceCore } from '../core.js';
import type { Handlers } from '../http/operations.js';

/** A window of WPS, and the start of the firmware; how long an open page waits for its answer. */
const LONGEST_MS = 180_000;

export function wifiAirHandlers({
  ports,
  line,
  parts,
  options,
}: ServiceCore): Pick<Handlers, 'joinByWps' | 'joinBySmartConfig' | 'joinByPortal'> {
  const onBoard = <T>(
    port: string,
    signal: AbortSignal,
    use: Parameters<typeof withBoard<T>>[3],
  ): Promise<T> => {
    if (line.isBusy(port)) throw new EspmintError('PORT_IN_USE', { port });
    const how = { restart: true, signal, timeoutMs: LONGEST_MS };
    return ports.inspecting(port, () => withBoard(parts.openBoard, port, how, use));
  };
  return {
    joinByWps: async ({ body: { port, pin: given = '' } }, { signal }) => {
      const pin = given === '' ? undefined : parseWpsPin(given);
      // A command that asks for a PIN is of no use without one, and the other way round.
      const hook = asksForPin(options.wpsHook) === (pin !== undefined) ? options.wpsHook : undefined;
      const joined = await onBoard(port, signal, (link, deadline) =>
        runWpsWindow(link, {
          pin,
          hook,
          signal: deadline,
          // Comes with a failure only, whose answer has no place for it.
          onWarning: ({ code, message }) => parts.log.warn({ code }, message),
        }),
      );
      const { ssid, address, line } = joined;
      return { port, ssid, way: 'wps', address, proof: 'log', line, warnings: [] };
    },
    joinBySmartConfig: async ({ body }, { signal }) => {
      const { port, ssid, password = '', protocol, key: given = '', bssid } = body;
      checkWifi({ ssid, password }, 'standard');
      const key = given === '' ? undefined : given;
      checkKey(protocol, key);
      checkSmartConfigNetwork({ protocol }, { ssid, password });
      const air = parts.airOf?.(port) ?? HOST_AIR;
      const request = { protocol, ssid, password, key, bssid };
      const { proof, address } = await onBoard(port, signal, (link, deadline) =>
        sendToBoard(link, air, request, { signal: deadline }),
      );
      const warnings = key === undefined ? [warningOf('SMARTCONFIG_READABLE', { protocol })] : [];
      return { port, ssid, way: 'smartconfig', address, proof, warnings };
    },
    joinByPortal: async ({ body }, { signal }) => {
      const { ssid, password = '', proof, username } = body;
      checkWifi({ ssid, password }, 'standard');
      const url = portalUrl(body.url, parts.virtualBoards?.list().map(({ portal }) => portal) ?? []);
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
      const transport = new HttpTransport(url, { signal: deadline });
      const warnings: { code: string; message: string }[] = [];
      try {
        const client = new ProtocommClient(transport, {
          proof: proof === '' ? undefined : proof,
          username,
          signal: deadline,
          onWarning: (warning) => void warnings.push(warning),
        });
        const { address } = await client.provision(ssid, password);
        return { port: url, ssid, way: 'portal', address, proof: 'firmware', warnings };
      } finally {
        transport.close();
      }
    },
  };
}

const KEY_BYTES = 16;

function checkKey(protocol: 'v1' | 'v2', key: string | undefined): void {
  if (key === undefined) return;
  const bytes = new TextEncoder().encode(key).length;
  if (protocol === 'v2' && bytes === KEY_BYTES) return;
  throw new EspmintError('INPUT_INVALID', {
    field: 'The SmartConfig key',
    reason: protocol === 'v1' ? 'is given, and v1 has none' : `has ${bytes} bytes`,
    hint: `use v2 with exactly ${KEY_BYTES} bytes, the same as in the firmware`,
    why: 'key-length',
  });
}

/**
 * A board's access point has a private address: nobody is led elsewhere by this service.
 * @param virtual portals of virtual boards, which are on this computer
 */
function portalUrl(text: string, virtual: readonly (string | undefined)[]): string {
  if (virtual.includes(text.replace(/\/$/, ''))) return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPrivate =
    url?.protocol === 'http:' &&
    isIPv4(url.hostname) &&
    /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/.test(url.hostname);
  if (isPrivate) return url.origin;
  throw new EspmintError('INPUT_INVALID', {
    field: 'The address of the portal',
    reason: 'is no http:// address of a private network',
    why: 'not-a-portal',
    hint: 'join the access point of the board, and give its address, mostly http://192.168.4.1',
  });
}
