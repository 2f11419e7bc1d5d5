// axe looks at every page and every state of it, on a desk in the light and on a phone in the dark.
import axe from 'axe-core';
import type { Browser, Dialog, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, sharedBrowser } from '../support/browser.js';
import { goTo, openDashboard, tile, type Dashboard } from '../support/dashboard.js';
import { startFakeService, type FakeService } from '../support/fake-service/http.js';
import { fleetWorld } from '../support/fake-service/samples-fleet.js';
import { busyWorld } from '../support/fake-service/samples.js';
import { FakeWorld } from '../support/fake-service/world.js';

interface Scene {
  readonly name: string;
  readonly hash: string;
  /** Brings the page into the state to look at. */
  readonly act?: (page: Page) => Promise<unknown>;
  readonly see: string;
}

/** Scenes of one world share a page that is loaded once. */
interface Setting {
  readonly world: () => FakeWorld;
  readonly scenes: readonly Scene[];
}

const device = encodeURIComponent(busyWorld(1).devices[5]?.mac ?? '');
const empty = (): FakeWorld => new FakeWorld();
/** With as few devices as show everything: axe looks at each cell. */
function busy(): FakeWorld {
  const world = busyWorld(8);
  world.devices.splice(12);
  return world;
}
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
    batchProblem: { code: 'REGISTRY_UNREACHABLE', message: 'The registry does not answer; check it.' },
  };
  for (const port of world.ports.values()) {
    const { slot, job } = port;
    if (slot === 2 && job !== undefined) world.putPort({ ...port, job: { ...job, scanning: true } });
    if (slot === 3) {
      const held = { code: 'CHIP_NO_ANSWER', count: 3 };
      world.putPort({ ...port, waiting: 'clear', held });
    }
    if (slot === 8) world.putPort({ ...port, waiting: 'station' });
  }
  return world;
}
function withoutRegistry(): FakeWorld {
  const world = busyWorld(2);
  world.registryOk = false;
  return world;
}

const fleet = (): FakeWorld => fleetWorld(8);
function fleetWithoutRegistry(): FakeWorld {
  const world = fleetWorld(2);
  world.registryOk = false;
  return world;
}
function withoutDatabase(): FakeWorld {
  const world = new FakeWorld();
  world.hasPushes = false;
  return world;
}
const settings = (...tabs: string[]): Scene[] =>
  tabs.map((tab) => ({ name: `settings: ${tab}`, hash: `#/settings?tab=${tab}`, see: 'Settings' }));

const SETTINGS: readonly Setting[] = [
  {
    world: empty,
    scenes: [
      { name: 'first visit', hash: '#/', see: 'Try with virtual boards' },
      { name: 'no batches', hash: '#/batches', see: 'No batch yet' },
      { name: 'no devices', hash: '#/devices', see: 'No device yet' },
      { name: 'no conflicts', hash: '#/conflicts', see: 'No conflict' },
      { name: 'no product', hash: '#/setup', see: 'No product yet' },
      { name: 'today with nothing', hash: '#/today', see: 'No board yet' },
      { name: 'no pushes', hash: '#/settings?tab=pushes', see: 'No target gets devices' },
    ],
  },
  {
    world: busy,
    scenes: [
      { name: 'station', hash: '#/', see: 'Verifying' },
      {
        name: 'station with a selected slot',
        hash: '#/',
        see: 'Verifying',
        act: (page) => page.keyboard.press('3'),
      },
      {
        name: 'details of a job',
        hash: '#/',
        see: 'CHIP_NO_ANSWER',
        act: (page) => tile(page, 3).getByRole('button', { name: 'Details' }).click(),
      },
      { name: 'keys', hash: '#/', see: 'Search for a device', act: (page) => page.keyboard.press('?') },
      { name: 'batches', hash: '#/batches', see: 'WO-1038' },
      { name: 'batch', hash: '#/batches/WO-1042', see: '118 left' },
      { name: 'figures by station', hash: '#/today?period=7d&by=station', see: 'One by one' },
      { name: 'device', hash: `#/devices/${device}`, see: 'Key 2 made' },
      { name: 'unknown device', hash: '#/devices/a4', see: 'not there' },
      {
        name: 'reveal',
        hash: `#/devices/${device}`,
        see: 'audit trail',
        act: (page) => page.getByRole('button', { name: 'Show the key' }).click(),
      },
      {
        name: 'set-up',
        hash: '#/setup',
        see: 'wifi_ssid',
        act: (page) => page.getByText('Identity, key names').click(),
      },
      {
        name: 'set-up with findings',
        hash: '#/setup',
        see: 'thing to correct',
        act: (page) => page.getByLabel('CA URL').first().fill('ftp://x'),
      },
      {
        name: 'set-up as text',
        hash: '#/setup',
        see: 'YAML',
        act: (page) => page.getByRole('button', { name: 'YAML' }).click(),
      },
      {
        name: 'today',
        hash: '#/today',
        see: 'Boards an hour',
        act: (page) => page.getByText('As a table').first().click(),
      },
      { name: 'before an inspection', hash: '#/inspect', see: 'Look into one board' },
      {
        name: 'inspection',
        hash: '#/inspect?port=%2Fdev%2FttyUSB0',
        see: 'Differs',
        act: (page) => page.getByRole('button', { name: 'Read' }).click(),
      },
      ...settings('browser', 'station', 'ports', 'printers', 'registry', 'secrets', 'people', 'tokens'),
    ],
  },
  {
    world: fleet,
    scenes: [
      { name: 'conflicts, also those decided', hash: '#/conflicts?all=true', see: 'Kept' },
      {
        name: 'conflict with a choice made',
        hash: '#/conflicts/9',
        see: 'Key 2 made',
        act: (page) => page.getByLabel('Set both aside').check(),
      },
      { name: 'conflict that was decided', hash: '#/conflicts/6', see: 'Decide again' },
      { name: 'lists', hash: '#/lists', see: 'stolen in March' },
      { name: 'firmware', hash: '#/firmware', see: 'sensor@2.1.0' },
      { name: 'lists of values', hash: '#/values', see: 'lamps' },
      { name: 'rows of a list of values', hash: '#/values/lamps', see: 'LAMP-7-WARM-WHITE' },
      { name: 'audit trail', hash: '#/audit', see: 'Label printed again' },
      { name: 'pushes', hash: '#/settings?tab=pushes', see: 'Out of order' },
      {
        name: 'reserved units, about to be released',
        hash: '#/batches/WO-1042',
        see: 'heard of within the last minute',
        act: (page) => page.getByRole('button', { name: 'Release' }).first().click(),
      },
    ],
  },
  {
    world: fleetWithoutRegistry,
    scenes: [
      { name: 'conflicts without registry', hash: '#/conflicts', see: 'does not answer' },
      { name: 'pushes without registry', hash: '#/settings?tab=pushes', see: 'does not answer' },
    ],
  },
  {
    world: withoutDatabase,
    scenes: [{ name: 'pushes without database', hash: '#/settings?tab=pushes', see: 'need a database' }],
  },
  {
    // More than 32 stand as close as 64 do.
    world: () => busyWorld(33),
    scenes: [{ name: 'station with many slots', hash: '#/', see: 'Verifying' }],
  },
  {
    world: withoutRegistry,
    scenes: [{ name: 'station without registry', hash: '#/', see: 'No registry' }],
  },
  { world: paused, scenes: [{ name: 'station paused', hash: '#/', see: 'Paused: 6 boards' }] },
  { world: guarded, scenes: [{ name: 'sign-in', hash: '#/', see: 'Sign in' }] },
];

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

describe.skipIf(!(await browserAvailable()))('axe finds nothing serious', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await sharedBrowser();
  });

  describe.each(SETTINGS)('', ({ world, scenes }) => {
    let service: FakeService;
    let dashboard: Dashboard;
    beforeAll(async () => {
      service = await startFakeService({ world: world() });
      dashboard = await openDashboard(browser, `${service.url}#/nowhere`, { reducedMotion: 'reduce' });
      await dashboard.page.evaluate(axe.source);
    });
    afterAll(async () => {
      await dashboard.close();
      await service.close();
    });
    afterEach(() => leave(dashboard.page));

    it.each(scenes)('on $name', async ({ hash, act, see }) => {
      const { page, offences } = dashboard;
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize(DESK);
      await goTo(page, hash);
      await page.locator('.tile, .card, h1, form').first().waitFor();
      await act?.(page);
      await page.getByText(see).filter({ visible: true }).first().waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize(PHONE);
      expect(await seriousFindings(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      expect(offences).toEqual([]);
    });
  });
});

/** Closes what is open, and goes where nothing of the scene is kept. */
async function leave(page: Page): Promise<void> {
  const dialog = page.locator('dialog');
  if ((await dialog.count()) > 0) {
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  }
  // An unsaved set-up asks before it is left.
  const accept = (question: Dialog): void => void question.accept();
  page.on('dialog', accept);
  await goTo(page, '#/settings?tab=browser');
  await page.locator('.settings, .sign-in').first().waitFor();
  page.off('dialog', accept);
}

async function seriousFindings(page: Page): Promise<string[]> {
  const options = {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    resultTypes: ['violations'],
  };
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(document, ${JSON.stringify(options)})`);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical' || impact === 'moderate')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ''}`),
    );
}
