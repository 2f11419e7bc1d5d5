// axe looks at every page and every state of it, on a desk in the light and on a phone in the dark.
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchBrowser } from '../support/browser.js';
import { openDashboard, tile } from '../support/dashboard.js';
import { startFakeService } from '../support/fake-service/http.js';
import { busyWorld } from '../support/fake-service/samples.js';
import { FakeWorld } from '../support/fake-service/world.js';

interface Scene {
  readonly name: string;
  readonly world: () => FakeWorld;
  readonly hash: string;
  /** Brings the page into the state to look at. */
  readonly act?: (page: Page) => Promise<unknown>;
  readonly see: string;
}

const device = encodeURIComponent(busyWorld(1).devices[5]?.mac ?? '');
const empty = (): FakeWorld => new FakeWorld();
const busy = (): FakeWorld => busyWorld(8);
function guarded(): FakeWorld {
  const world = busyWorld(2);
  world.users.push({
    name: 'linh',
    role: 'admin',
    createdAt: '2026-03-01T08:00:00Z',
    password: 'x'.repeat(10),
  });
  return world;
}
/** The station stopped by itself: one slot is held, one board waits, one label is to be scanned, slots are taught. */
function paused(): FakeWorld {
  const world = busyWorld(8);
  world.station = {
    mode: 'paused',
    reason: { by: 'rule', code: 'LINK_TIMEOUT', count: 6 },
    teaching: [{ slot: 1, place: '1-4.1' }],
    batchProblem: 'The registry does not answer; check it.',
  };
  for (const port of world.ports.values()) {
    const { slot, job } = port;
    if (slot === 2 && job !== undefined)
      world.ports.set(port.port, { ...port, job: { ...job, scanning: true } });
    if (slot === 3) {
      const held = { code: 'CHIP_NO_ANSWER', count: 3 };
      world.ports.set(port.port, { ...port, waiting: 'clear', held });
    }
    if (slot === 8) world.ports.set(port.port, { ...port, waiting: 'station' });
  }
  return world;
}
function withoutRegistry(): FakeWorld {
  const world = busyWorld(2);
  world.registryOk = false;
  return world;
}

const SCENES: readonly Scene[] = [
  { name: 'first visit', world: empty, hash: '#/', see: 'Try with virtual boards' },
  { name: 'station', world: busy, hash: '#/', see: 'Verifying' },
  {
    name: 'station with a selected slot',
    world: busy,
    hash: '#/',
    see: 'Verifying',
    act: (page) => page.keyboard.press('3'),
  },
  { name: 'station with 64 slots', world: () => busyWorld(64), hash: '#/', see: 'Verifying' },
  { name: 'station without registry', world: withoutRegistry, hash: '#/', see: 'No registry' },
  { name: 'station paused', world: paused, hash: '#/', see: 'Paused: 6 boards' },
  { name: 'batches', world: busy, hash: '#/batches', see: 'WO-1038' },
  { name: 'no batches', world: empty, hash: '#/batches', see: 'No batch yet' },
  { name: 'batch', world: busy, hash: '#/batches/WO-1042', see: '118 left' },
  { name: 'figures by station', world: busy, hash: '#/today?period=7d&by=station', see: 'One by one' },
  {
    name: 'details of a job',
    world: busy,
    hash: '#/',
    see: 'CHIP_NO_ANSWER',
    act: (page) => tile(page, 3).getByRole('button', { name: 'Details' }).click(),
  },
  {
    name: 'keys',
    world: busy,
    hash: '#/',
    see: 'Search for a device',
    act: (page) => page.keyboard.press('?'),
  },
  { name: 'no devices', world: empty, hash: '#/devices', see: 'No device yet' },
  { name: 'device', world: busy, hash: `#/devices/${device}`, see: 'Key 2 made' },
  { name: 'unknown device', world: busy, hash: '#/devices/a4', see: 'does not know' },
  {
    name: 'reveal',
    world: busy,
    hash: `#/devices/${device}`,
    see: 'audit trail',
    act: (page) => page.getByRole('button', { name: 'Show the key' }).click(),
  },
  {
    name: 'set-up',
    world: busy,
    hash: '#/setup',
    see: 'wifi_ssid',
    act: (page) => page.getByText('Identity, key names').click(),
  },
  {
    name: 'set-up with findings',
    world: busy,
    hash: '#/setup',
    see: 'thing to correct',
    act: (page) => page.getByLabel('CA URL').first().fill('ftp://x'),
  },
  {
    name: 'set-up as text',
    world: busy,
    hash: '#/setup',
    see: 'YAML',
    act: (page) => page.getByRole('button', { name: 'YAML' }).click(),
  },
  { name: 'no product', world: empty, hash: '#/setup', see: 'No product yet' },
  {
    name: 'today',
    world: busy,
    hash: '#/today',
    see: 'Boards an hour',
    act: (page) => page.getByText('As a table').first().click(),
  },
  { name: 'today with nothing', world: empty, hash: '#/today', see: 'No board yet' },
  { name: 'before an inspection', world: busy, hash: '#/inspect', see: 'Look into one board' },
  {
    name: 'inspection',
    world: busy,
    hash: '#/inspect?port=%2Fdev%2FttyUSB0',
    see: 'Differs',
    act: (page) => page.getByRole('button', { name: 'Read' }).click(),
  },
  ...['browser', 'station', 'ports', 'printers', 'registry', 'secrets', 'people', 'tokens'].map((tab) => ({
    name: `settings: ${tab}`,
    world: busy,
    hash: `#/settings?tab=${tab}`,
    see: 'Settings',
  })),
  { name: 'sign-in', world: guarded, hash: '#/', see: 'Sign in' },
];

describe.skipIf(!(await browserAvailable()))('axe finds nothing serious', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  it.each(SCENES)('on $name', async ({ world, hash, act, see }) => {
    const service = await startFakeService({ world: world() });
    const { page, close, offences } = await openDashboard(browser, service.url + hash, {
      colorScheme: 'light',
      reducedMotion: 'reduce',
    });
    try {
      await page.locator('.tile, .card, h1, form').first().waitFor();
      await act?.(page);
      await page.getByText(see).filter({ visible: true }).first().waitFor();
      await page.evaluate(axe.source);
      expect(await seriousFindings(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await seriousFindings(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      expect(offences).toEqual([]);
    } finally {
      await close();
      await service.close();
    }
  });
});

async function seriousFindings(page: Page): Promise<string[]> {
  const options = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(document, ${JSON.stringify(options)})`);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical' || impact === 'moderate')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ''}`),
    );
}
