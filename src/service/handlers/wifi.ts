// Wi-Fi of one board in the field, over HTTP: the port is kept from other work meanwhile.
import { EspmintError } from '../../core/errors/index.js';
import { checkWifi } from '../../core/wifi.js';
import { setNetwork, withBoard } from '../../provision/wifi/set-network.js';
import { ConsoleTransport, findWay, ProtocommClient, type SeenNetwork } from '../../wifi/index.js';
import type { WifiLook } from '../contract/index.js';
import type { ServiceCore } from '../core.js';
import type { Handlers } from '../http/operations.js';

/** How long an open page waits for its answer. */
const LONGEST_MS = 180_000;

export function wifiHandlers({ ports, line, parts }: ServiceCore): Pick<Handlers, 'lookAtWifi' | 'setWifi'> {
  const alone = <T>(port: string, work: () => Promise<T>): Promise<T> => {
    if (line.isBusy(port)) throw new EspmintError('PORT_IN_USE', { port });
    return ports.inspecting(port, work);
  };
  return {
    lookAtWifi: ({ body: { port, proof } }, { signal }) =>
      alone(port, () =>
        withBoard(
          parts.openBoard,
          port,
          { restart: true, signal, timeoutMs: LONGEST_MS },
          async (link, deadline): Promise<WifiLook> => {
            const found = await findWay(link, { signal: deadline });
            if (found === undefined) return { port, way: 'none', needsProof: false };
            if (found.way === 'improv') {
              return {
                port,
                way: 'improv',
                needsProof: false,
                networks: (await found.client.scan()).map(shown),
              };
            }
            if (found.way === 'console') return { port, way: 'console', needsProof: false };
            const { security, capabilities } = found.version;
            const needsProof = security !== 0 && !capabilities.includes('no_pop');
            if (needsProof && proof === undefined) return { port, way: 'protocomm', needsProof };
            const transport = new ConsoleTransport(link, { signal: deadline });
            const networks = await new ProtocommClient(transport, { proof, signal: deadline }).scan();
            return { port, way: 'protocomm', needsProof, networks: networks.map(shown) };
          },
        ),
      ),
    setWifi: ({ body }, { signal }) => {
      const { port, ssid, password = '', proof, way } = body;
      checkWifi({ ssid, password }, 'standard');
      const warnings: { code: string; message: string }[] = [];
      return alone(port, async () => {
        const done = await setNetwork(
          port,
          { ssid, password },
          {
            way,
            proof: proof === '' ? undefined : proof,
            target: 'zc',
            namespace: 'zc',
            restart: true,
            open: parts.openBoard,
            connect: parts.connect,
            signal,
            timeoutMs: LONGEST_MS,
            onWarning: (warning) => void warnings.push(warning),
          },
        );
        return { port, ssid, ...done, warnings };
      });
    },
  };
}

const shown = ({
  ssid,
  rssi,
  secured,
  security,
  ssidHex,
}: SeenNetwork): NonNullable<WifiLook['networks']>[number] => ({
  ssid,
  ...(rssi === undefined ? {} : { rssi }),
  secured,
  ...(security === undefined ? {} : { security }),
  ...(ssidHex === undefined ? {} : { ssidHex }),
});
