// Which of this host's networks SmartConfig would be sent into.
import { toolEnvironment } from '../../core/child-environment.js';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { networkInterfaces, platform } from 'node:os';
import { EspmintError } from '../../core/errors/index.js';
import type { SenderNetwork } from './diagnosis.js';

export interface OwnNetwork extends SenderNetwork {
  readonly broadcast: string;
  /** MAC of the access point that this host is joined to. */
  readonly bssid?: string | undefined;
}

const IW_MS = 3_000;

/**
 * The interface with that address, or the first that is no loopback; wireless ones come first.
 * @throws SMARTCONFIG_SOCKET where there is none
 */
export async function ownNetwork(address?: string): Promise<OwnNetwork> {
  const found = candidates().find((one) => address === undefined || one.address === address);
  if (found === undefined) {
    const reason =
      address === undefined
        ? 'this host has no IPv4 network'
        : `no interface of this host has the address ${address}`;
    throw new EspmintError('SMARTCONFIG_SOCKET', { reason });
  }
  return { ...found, ...(found.wireless === true ? await radioOf(found.interfaceName) : {}) };
}

function candidates(): OwnNetwork[] {
  const all = Object.entries(networkInterfaces()).flatMap(([interfaceName, addresses = []]) =>
    addresses
      .filter(({ family }) => family === 'IPv4')
      .map(({ address, netmask, internal }): OwnNetwork => ({
        interfaceName,
        address,
        broadcast: broadcastOf(address, netmask),
        loopback: internal,
        wireless: isWireless(interfaceName),
      })),
  );
  const rank = ({ loopback, wireless }: OwnNetwork): number =>
    loopback === true ? 2 : wireless === true ? 0 : 1;
  return all.sort((a, b) => rank(a) - rank(b));
}

export function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split('.').map(Number);
  return address
    .split('.')
    .map((part, at) => (Number(part) | (~(mask[at] ?? 0) & 0xff)) & 0xff)
    .join('.');
}

/** Only Linux tells without a privileged call. */
function isWireless(name: string): boolean | undefined {
  return platform() === 'linux' ? existsSync(`/sys/class/net/${name}/wireless`) : undefined;
}

/** What `iw` tells, where it is installed: a help for the diagnosis, never needed. */
function radioOf(name: string): Promise<Pick<OwnNetwork, 'ssid' | 'frequencyMhz' | 'bssid'>> {
  return new Promise((resolve) => {
    execFile(
      'iw',
      ['dev', name, 'link'],
      { timeout: IW_MS, killSignal: 'SIGKILL', env: toolEnvironment(process.env) },
      (error, stdout) => {
        const ssid = /^\s*SSID: (.+)$/m.exec(stdout)?.[1];
        const bssid = /^Connected to ([0-9a-f:]{17})/m.exec(stdout)?.[1];
        const frequency = Number(/^\s*freq: (\d+)/m.exec(stdout)?.[1]);
        resolve(error === null && frequency > 0 ? { ssid, bssid, frequencyMhz: frequency } : {});
      },
    );
  });
}
