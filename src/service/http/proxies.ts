// Proxies that are believed, by address: what they say of where a request comes from counts.
import { BlockList, isIP } from 'node:net';
import type { EspmintError } from '../../core/errors/index.js';
import { invalidInput } from '../../core/errors/index.js';

const FAMILY = { 4: 'ipv4', 6: 'ipv6' } as const;
const BITS = { 4: 32, 6: 128 } as const;

/**
 * @param proxies addresses (`10.0.0.7`, `::1`) and networks (`10.0.0.0/8`)
 * @returns whether an address, as Node tells it, is one of them
 * @throws INPUT_INVALID
 */
export function trustedProxies(proxies: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const proxy of proxies) {
    const [address = '', bits, ...rest] = proxy.split('/');
    const version = isIP(address);
    const isPrefix = bits === undefined || /^\d{1,3}$/.test(bits);
    if ((version !== 4 && version !== 6) || !isPrefix || rest.length > 0) throw invalid(proxy);
    const prefix = bits === undefined ? BITS[version] : Number(bits);
    if (prefix > BITS[version]) throw invalid(proxy);
    list.addSubnet(address, prefix, FAMILY[version]);
  }
  return (address = '') => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
    const version = isIP(plain);
    return (version === 4 || version === 6) && list.check(plain, FAMILY[version]);
  };
}

function invalid(proxy: string): EspmintError {
  return invalidInput(
    'The proxy to trust',
    `is ${JSON.stringify(proxy)}, which is no address`,
    'give the address or the network that the proxy connects from, as 127.0.0.1 or 10.0.0.0/8',
  );
}
