// Which requests are ours by where they say they come from and go to.
import { describe, expect, it } from 'vitest';
import { checkSite, type Site, type SiteHeaders } from './sites.js';

const LOOPBACK: Site = { host: '127.0.0.1', allowedHosts: [] };
const NETWORK: Site = { host: '0.0.0.0', allowedHosts: ['station-3.example.com'] };

function refusal(headers: SiteHeaders, site = LOOPBACK, isApi = true): string | undefined {
  try {
    checkSite(headers, site, isApi);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('the Host of a loopback service', () => {
  it.each(['127.0.0.1:8484', 'localhost:8484', '[::1]:8484', 'localhost'])('may be %s', (host) => {
    expect(refusal({ host })).toBeUndefined();
  });
  it.each(['evil.example.com', 'localhost.evil.example.com', '192.168.0.7', 'bad host', ''])(
    'may not be "%s": a name can be made to point at this machine',
    (host) => {
      expect(refusal({ host })).toBe('SITE_REFUSED');
    },
  );
  it('may not be missing', () => {
    expect(refusal({})).toBe('SITE_REFUSED');
  });
});

describe('the Host of a network service', () => {
  it.each(['192.168.0.7:8484', 'station-3.example.com', 'STATION-3.example.com:8484', '[fe80::1]:8484'])(
    'may be %s',
    (host) => {
      expect(refusal({ host }, NETWORK)).toBeUndefined();
    },
  );
  it('may not be a name that nobody allowed', () => {
    expect(refusal({ host: 'evil.example.com' }, NETWORK)).toBe('SITE_REFUSED');
  });
});

describe('the Origin', () => {
  const host = 'localhost:8484';
  it('may be the same place', () => {
    expect(refusal({ host, origin: 'http://localhost:8484' })).toBeUndefined();
  });
  it.each(['http://localhost:9999', 'https://evil.example.com', 'null', 'file://', 'http://127.0.0.1:8484'])(
    'may not be %s',
    (origin) => {
      expect(refusal({ host, origin })).toBe('SITE_REFUSED');
    },
  );
});

describe('Sec-Fetch-Site', () => {
  const host = 'localhost:8484';
  it.each(['cross-site', 'same-site'])('%s may open the page and not the interface', (site) => {
    expect(refusal({ host, 'sec-fetch-site': site }, LOOPBACK, false)).toBeUndefined();
    expect(refusal({ host, 'sec-fetch-site': site }, LOOPBACK, true)).toBe('SITE_REFUSED');
  });
});
