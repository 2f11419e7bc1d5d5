// The engineer looks for the devices of a batch, and reads who made one of them.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchBrowser } from '../support/browser.js';
import { openDashboard, type Dashboard } from '../support/dashboard.js';
import { startFakeService, type FakeService } from '../support/fake-service/http.js';
import { busyWorld } from '../support/fake-service/samples.js';

describe.skipIf(!(await browserAvailable()))('an engineer who looks for devices', () => {
  let browser: Browser;
  let service: FakeService;
  let dashboard: Dashboard;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    expect(dashboard.offences).toEqual([]);
    await dashboard.close();
    await service.close();
  });

  async function open(hash: string): Promise<Page> {
    service = await startFakeService({ world: busyWorld(1) });
    dashboard = await openDashboard(browser, service.url + hash);
    return dashboard.page;
  }

  it('names a batch and a day: the address, the list and the files follow', async () => {
    const page = await open('#/devices');
    await page.getByText('Filters', { exact: true }).click();
    const asked = page.waitForRequest((request) => request.url().includes('batch=WO-7'));
    await page.getByLabel('Batch').fill('WO-7');
    expect((await asked).url()).toContain('/devices?');
    await page.getByLabel('Provisioned from').fill('2026-11-24');
    await page.getByText('Filters (2)').waitFor();
    await expect.poll(() => page.url()).toContain('batch=WO-7&from=2026-11-24');
    const file = page.getByRole('link', { name: 'CSV' });
    expect(await file.getAttribute('href')).toMatch(/batch=WO-7&since=2026-11-2\dT/);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('Filters', { exact: true }).waitFor();
    await expect.poll(() => page.url()).not.toContain('batch');
  });

  it('reads who made a device, where, on which chip and with what', async () => {
    const mac = busyWorld(1).devices[5]?.mac ?? '';
    const page = await open(`#/devices/${encodeURIComponent(mac)}`);
    const detail = page.getByRole('complementary', { name: 'Device' });
    await detail.getByText('Line 1 · slot 6 · by linh · Batch WO-2031').first().waitFor();
    await detail.getByText('ESP32-D0WD-V3 v3.1 4 MB · Sensor version 3 · espmint 1.0.0').first().waitFor();
  });
});
