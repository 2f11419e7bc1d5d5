// Takes the pictures of the dashboard that guides and README show, into docs/images/: NAME-SIZE-THEME.png.
// `node scripts/screenshots.mjs [NAME...]` takes only the pages named; the page must be built (`npm run build`).
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';
import { shrinkPng } from './png.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = process.env.SCREENSHOTS_DIR ?? `${root}docs/images`;
const MAX_BYTES = 150 * 1024;
const SIZES = {
  desktop: { width: 1440, height: 900 },
  laptop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
  hd: { width: 1920, height: 1080 },
};
const THEMES = ['light', 'dark'];
const guides = readdirSync(`${root}docs/guides`).map((name) => `${root}docs/guides/${name}`);
/** Names of the pictures that some page shows: nobody looks at others. */
const SHOWN = new Set(
  [`${root}README.md`, ...guides].flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/images\/([\w-]+)\.png/g)].map(([, name]) => name),
  ),
);

async function load(path) {
  return (await runnerImport(`${root}${path}`, { root, logLevel: 'error' })).module;
}
const { startFakeService } = await load('test/support/fake-service/http.ts');
const { busyWorld, SAMPLE_NOW } = await load('test/support/fake-service/samples.ts');
const { fleetWorld } = await load('test/support/fake-service/samples-fleet.ts');
const { FakeWorld } = await load('test/support/fake-service/world.ts');
const { sharedBrowser } = await load('test/support/browser.ts');

const wanted = process.argv.slice(2);
const device = busyWorld(1).devices[5].mac;
const PAGES = [
  { name: 'station', world: () => busyWorld(8), hash: '#/' },
  { name: 'station-32', world: () => busyWorld(32), hash: '#/' },
  { name: 'first-visit', world: () => new FakeWorld(), hash: '#/' },
  ...['Windows', 'macOS', 'Linux'].map((system) => ({
    name: `first-board-${system.toLowerCase()}`,
    world: () => new FakeWorld(),
    hash: '#/',
    act: (page) => page.getByRole('button', { name: system }).click(),
    only: '.first-card:nth-child(2)',
  })),
  {
    name: 'devices',
    world: () => busyWorld(8),
    hash: `#/devices/${encodeURIComponent(device)}`,
  },
  { name: 'station-paused', world: pausedWorld, hash: '#/' },
  { name: 'batch', world: () => busyWorld(8), hash: '#/batches/WO-1042' },
  { name: 'conflicts', world: () => fleetWorld(), hash: '#/conflicts?all=true' },
  { name: 'conflict', world: () => fleetWorld(), hash: '#/conflicts/9' },
  { name: 'pushes', world: () => fleetWorld(), hash: '#/settings?tab=pushes' },
  {
    name: 'reserved-units',
    world: () => fleetWorld(),
    hash: '#/batches/WO-1042',
    act: (page) => page.getByRole('button', { name: 'Release' }).last().click(),
  },
  { name: 'lists', world: () => fleetWorld(), hash: '#/lists' },
  { name: 'audit', world: () => fleetWorld(), hash: '#/audit' },
  { name: 'setup', world: () => busyWorld(8), hash: '#/setup' },
  { name: 'today', world: () => busyWorld(8), hash: '#/today' },
  {
    name: 'inspect',
    world: () => busyWorld(8),
    hash: '#/inspect?port=%2Fdev%2FttyUSB0',
    act: (page) => page.click('form button[type=submit]'),
  },
];

/** The same failure came too often, one slot is held, and one unit waits for the scan of its label. */
function pausedWorld() {
  const world = busyWorld(8);
  world.station = { mode: 'paused', reason: { by: 'rule', code: 'LINK_TIMEOUT', count: 6 } };
  const ports = [...world.ports.values()];
  const at = (slot) => ports.find((port) => port.slot === slot);
  world.putPort({ ...at(2), job: { ...at(2).job, scanning: true } });
  world.putPort({ ...at(8), waiting: 'station' });
  world.putPort({ ...at(3), waiting: 'clear', held: { code: 'CHIP_NO_ANSWER', count: 3 } });
  return world;
}

const browser = await sharedBrowser();
mkdirSync(target, { recursive: true });
try {
  for (const page of PAGES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const service = await startFakeService({ world: page.world(), now: () => SAMPLE_NOW });
    for (const size of Object.keys(SIZES))
      for (const theme of THEMES)
        if (SHOWN.has(`${page.name}-${size}-${theme}`)) await photograph(page, service.url, size, theme);
    await service.close();
  }
} finally {
  await browser.close();
}

async function photograph({ name, hash, act, only = 'html' }, url, size, theme) {
  const context = await browser.newContext({
    viewport: SIZES[size],
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  const page = await context.newPage();
  await page.clock.setFixedTime(SAMPLE_NOW);
  await page.goto(`${url}${hash}`);
  await page.waitForTimeout(700);
  if (act !== undefined) {
    await act(page);
    await page.waitForTimeout(500);
  }
  const path = `${target}/${name}-${size}-${theme}.png`;
  const png = shrinkPng(only === 'html' ? await page.screenshot() : await page.locator(only).screenshot());
  writeFileSync(path, png);
  const bytes = png.length;
  console.log(
    `${name} ${size} ${theme}: ${Math.round(bytes / 1024)} KB${bytes > MAX_BYTES ? ' TOO BIG' : ''}`,
  );
  await context.close();
}
