// Lists that stay true while somebody reads them: what others change shows by itself, and nothing moves under the reader.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { DeviceHistory } from '../../src/service/contract/index.js';
import { browserAvailable } from '../support/browser.js';
import { dashboardBench } from '../support/dashboard-bench.js';
import { tile } from '../support/dashboard.js';
import { busyWorld } from '../support/fake-service/samples.js';
import { fleetWorld } from '../support/fake-service/samples-fleet.js';
import { sampleMac, sampleUuid, type FakeWorld } from '../support/fake-service/world.js';

/** How long a page may not know what another station has changed in the database. */
const EVERY_MS = 10_000;

describe.skipIf(!(await browserAvailable()))('a list that somebody reads', () => {
  const fixture = dashboardBench();

  /** With the page's clock in the hands of the test. */
  async function open(world: FakeWorld, hash: string): Promise<Page> {
    const page = await fixture.open({ world }, '#/settings');
    await page.clock.install();
    await page.goto(`${fixture.service.url}${hash}`);
    await page.reload();
    await page.locator('tbody tr').first().waitFor();
    return page;
  }

  /** Requests of lists, by their path. */
  function watchRequests(page: Page): string[] {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname.replace('/api/v1', '')));
    return asked;
  }

  function change(world: FakeWorld, name: string, part: Partial<FakeWorld['batches'][number]>): void {
    const index = world.batches.findIndex((batch) => batch.name === name);
    world.batches[index] = { ...(world.batches[index] as FakeWorld['batches'][number]), ...part };
  }

  const setHidden = (page: Page, hidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} });
      document.dispatchEvent(new Event('visibilitychange'))`);

  const row = (page: Page, name: string) => page.getByRole('row', { name: new RegExp(`^${name} `) });

  it('says what the service refuses in place of a page that loads for ever, and has it as soon as it comes', async () => {
    const page = await open(busyWorld(2), '#/batches');
    const refusal = { code: 'INTERNAL', message: 'Something broke; tell an engineer.', retryable: false };
    await page.route('**/api/v1/ports', (route) => route.fulfill({ status: 500, json: refusal }));
    await page.goto(`${fixture.service.url}#/`);
    await page.reload();
    await page.getByRole('alert').getByText('Something broke').waitFor();
    await page.unroute('**/api/v1/ports');
    await page.clock.runFor(13_000);
    await tile(page, 2).waitFor();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  it('shows at once what another page has changed, with focus and selection where they were', async () => {
    const world = busyWorld(2);
    const page = await open(world, '#/batches');
    await row(page, 'WO-1042').getByText('Open').waitFor();
    await page.getByRole('link', { name: 'WO-1042' }).focus();
    await page.evaluate(`const cell = [...document.querySelectorAll('tbody tr')]
        .find((tr) => tr.textContent.startsWith('WO-1042')).children[1];
      getSelection().selectAllChildren(cell)`);
    const selected = await page.evaluate<string>('String(getSelection())');
    change(world, 'WO-1042', { state: 'paused' });
    world.emit({ type: 'changed', part: 'batches' });
    await page.clock.runFor(1_000);
    await row(page, 'WO-1042').getByText('Paused').waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('WO-1042');
    expect(selected).not.toBe('');
    expect(await page.evaluate('String(getSelection())')).toBe(selected);
  });

  it('finds what another station has changed, and draws nothing while nothing has', async () => {
    const world = busyWorld(2);
    const page = await open(world, '#/batches');
    await row(page, 'WO-1042').getByText('Open').waitFor();
    const asked = watchRequests(page);
    await page.evaluate(`window.drawn = 0;
      new MutationObserver((all) => (window.drawn += all.length))
        .observe(document.querySelector('main'), { subtree: true, childList: true, attributes: true, characterData: true })`);
    // Second by second: a look whose answer is not there yet is not followed by another one.
    const secondsUntil = async (isTrue: () => boolean | Promise<boolean>): Promise<void> => {
      const isTrueSoon = async (): Promise<boolean> => {
        await page.clock.runFor(1000);
        return isTrue();
      };
      await expect.poll(isTrueSoon, { timeout: 30_000 }).toBe(true);
    };
    await secondsUntil(() => asked.length >= 2);
    expect(new Set(asked)).toEqual(new Set(['/batches']));
    expect(await page.evaluate('window.drawn')).toBe(0);
    change(world, 'WO-1042', { state: 'closed' });
    await secondsUntil(() => row(page, 'WO-1042').getByText('Closed').isVisible());
  });

  it('asks nothing while nobody sees it, and catches up when it is seen', async () => {
    const world = busyWorld(2);
    const page = await open(world, '#/batches');
    await row(page, 'WO-1042').getByText('Open').waitFor();
    await setHidden(page, true);
    const asked = watchRequests(page);
    change(world, 'WO-1042', { state: 'paused' });
    world.emit({ type: 'changed', part: 'batches' });
    await page.clock.runFor(EVERY_MS * 3);
    expect(asked).toEqual([]);
    await setHidden(page, false);
    await row(page, 'WO-1042').getByText('Paused').waitFor();
  });

  it('lets go of its line when it is left alone, and loads everything when it is seen again', async () => {
    const world = busyWorld(2);
    const page = await open(world, '#/batches');
    await row(page, 'WO-1042').getByText('Open').waitFor();
    expect(world.readers).toBe(1);
    await setHidden(page, true);
    await page.clock.runFor(61_000);
    await expect.poll(() => world.readers).toBe(0);
    change(world, 'WO-1042', { state: 'paused' });
    world.settings = { ...world.settings, stationName: 'Line 9' };
    await setHidden(page, false);
    await expect.poll(() => world.readers).toBe(1);
    await row(page, 'WO-1042').getByText('Paused').waitFor();
    await page.evaluate(`location.hash = '#/'`);
    await page.getByRole('heading', { name: 'Line 9' }).waitFor();
  });

  it('keeps a station page on its line, whether it is seen or not: its sounds go on', async () => {
    const world = busyWorld(2);
    const page = await open(world, '#/batches');
    await page.evaluate(`location.hash = '#/'`);
    await page.locator('.tile').first().waitFor();
    await setHidden(page, true);
    await page.clock.runFor(120_000);
    expect(world.readers).toBe(1);
  });

  it('tells times by the clock of the service, whatever the tablet believes', async () => {
    const world = busyWorld(1);
    const page = await fixture.open({ world }, '#/settings');
    await page.clock.install({ time: Date.now() + 7_200_000 });
    const [port] = [...world.ports.keys()];
    if (port === undefined) throw new Error('the sample world has a port');
    world.putJob({
      ...(world.jobs[0] as FakeWorld['jobs'][number]),
      ...{ id: 'now', port, slot: 1, state: 'running', startedAt: new Date().toISOString() },
      durationMs: undefined,
      failure: undefined,
    });
    await page.goto(`${fixture.service.url}#/`);
    await page.reload();
    await tile(page, 1)
      .locator('.tile-time')
      .getByText(/^\d[\d.]* s$/)
      .waitFor();
  });

  it('keeps its rows, says why, and forgets it again, when it cannot be read for a while', async () => {
    const page = await open(fleetWorld(1), '#/conflicts');
    const { world } = fixture.service;
    world.registryOk = false;
    world.tellRegistry();
    await page.clock.runFor(1_000);
    await page.getByRole('alert').getByText('The registry does not answer').first().waitFor();
    await page.getByRole('link', { name: 'Same MAC, another chip' }).waitFor();
    world.registryOk = true;
    world.tellRegistry();
    await page.clock.runFor(1_000);
    await page.getByRole('alert').first().waitFor({ state: 'detached' });
  });

  it('of devices takes new ones in above, without moving the rows that are read', async () => {
    const world = busyWorld(2);
    const [sample] = world.devices;
    if (sample === undefined) throw new Error('the sample world has devices');
    const make = (index: number): DeviceHistory => ({
      ...sample,
      id: 100_000 + index,
      mac: sampleMac(5000 + index),
      uuid: sampleUuid(5000 + index),
    });
    world.devices.splice(0, Infinity, ...Array.from({ length: 260 }, (_, index) => make(index)));
    const page = await open(world, '#/devices');
    await page.getByText('100 devices shown').waitFor();
    await page.getByRole('button', { name: 'More', exact: true }).scrollIntoViewIfNeeded();
    const read = page.getByRole('row', { name: sampleMac(5150) });
    await read.scrollIntoViewIfNeeded();
    const top = async (): Promise<number> => Math.round((await read.boundingBox())?.y ?? -1);
    const before = await top();
    world.devices[150] = { ...make(150), status: 'pending' };
    world.devices.unshift(make(900), make(901));
    world.emit({ type: 'device', mac: sampleMac(5900), uuid: sampleUuid(5900) });
    await page.clock.runFor(1_000);
    await read.getByText('Pending').waitFor();
    await page.getByRole('row', { name: sampleMac(5900) }).waitFor({ state: 'attached' });
    expect(await top()).toBe(before);
  });
});
