// The engineer looks for the devices of a batch, and reads who made one of them.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { browserAvailable } from '../support/browser.js';
import { dashboardBench } from '../support/dashboard-bench.js';
import { busyWorld } from '../support/fake-service/samples.js';

describe.skipIf(!(await browserAvailable()))('an engineer who looks for devices', () => {
  const fixture = dashboardBench();

  const open = (hash: string): Promise<Page> => fixture.open({ world: busyWorld(1) }, hash);

  it('names a batch and a day: the address, the list and the files follow', async () => {
    const page = await open('#/devices');
    await page.getByText('Filters', { exact: true }).click();
    const asked = page.waitForRequest((request) => request.url().includes('batch=WO-7'));
    await page.getByRole('textbox', { name: 'Batch' }).fill('WO-7');
    expect((await asked).url()).toContain('/devices?');
    await page.getByLabel('Provisioned from').fill('2026-11-24');
    await page.getByText('Filters (2)').waitFor();
    await expect.poll(() => page.url()).toContain('batch=WO-7&from=2026-11-24');
    const file = page.getByRole('link', { name: 'CSV' });
    expect(await file.getAttribute('href')).toMatch(/batch=WO-7&since=2026-11-24/);
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
