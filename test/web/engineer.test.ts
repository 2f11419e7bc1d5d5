// The engineer's work in a real browser: set-up, search, reveal, export, inspection, people; and what a page must not do.
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { browserAvailable } from '../support/browser.js';
import { dashboardBench } from '../support/dashboard-bench.js';
import { goTo } from '../support/dashboard.js';
import { busyWorld } from '../support/fake-service/samples.js';
import { FakeWorld } from '../support/fake-service/world.js';

const PASSWORD = 'correct horse battery';

describe.skipIf(!(await browserAvailable()))('an engineer', () => {
  const fixture = dashboardBench();

  const open = (world: FakeWorld, hash = '#/'): Promise<Page> => fixture.open({ world }, hash);

  it('sees days and times of the service, with the zone named, in a browser on the other side of the world', async () => {
    const context = { timezoneId: 'Asia/Ho_Chi_Minh' };
    const page = await fixture.open({ world: busyWorld(2) }, '#/today', context);
    await page.getByRole('heading', { name: 'Boards by hour (UTC)' }).waitFor();
    await page.getByText(/since \d\d:\d\d UTC/).waitFor();
    const asked = page.waitForRequest((request) => request.url().includes('/stats?'));
    await page.getByLabel('Broken down by').selectOption('slot');
    expect(new URL((await asked).url()).searchParams.get('since')).toBe('today');
    const shares = page.locator('.chart', { hasText: 'Failed runs by cause' });
    await shares.getByText('As a table').click();
    await shares.getByRole('columnheader', { name: 'Cumulative share' }).waitFor();
    const [device] = fixture.service.world.devices;
    await goTo(page, `#/devices/${encodeURIComponent(device?.mac ?? '')}`);
    const at = new Intl.DateTimeFormat('en-GB', {
      dateStyle: 'medium',
      timeStyle: 'medium',
      timeZone: 'UTC',
    });
    const shown = at.format(new Date(device?.provisionedAt ?? ''));
    await page.getByRole('complementary').getByText(`${shown} UTC`).first().waitFor();
  });

  it('sets a product up: findings at the field, the rows, the difference, a new version', async () => {
    const page = await open(busyWorld(2), '#/setup');
    const ssid = page.getByLabel('Wi-Fi', { exact: true });
    await page.locator('.setup-preview td', { hasText: 'Factory' }).waitFor();
    await ssid.fill('x'.repeat(32));
    await page.locator('.field', { has: ssid }).locator('.finding').waitFor();
    expect(await ssid.getAttribute('aria-invalid')).toBe('true');
    await page.getByText('32 of 31 bytes').waitFor();
    const save = page.getByRole('button', { name: 'Save as version 8' });
    await expect.poll(() => save.isDisabled()).toBe(true);
    await ssid.fill('Hall 4');
    await page.locator('.setup-preview td', { hasText: 'Hall 4' }).waitFor();
    const questions: string[] = [];
    page.once('dialog', (question) => {
      questions.push(question.message());
      void question.dismiss();
    });
    await page.getByRole('link', { name: 'Devices' }).first().click();
    await expect
      .poll(() => questions)
      .toEqual(['This product has changes that are not saved. Leave and lose them?']);
    await expect.poll(() => new URL(page.url()).hash).toBe('#/setup');
    expect(await ssid.inputValue()).toBe('Hall 4');
    await page.getByRole('button', { name: 'Save as version 8' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('row', { name: 'wifi.ssid Factory Hall 4' }).waitFor();
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Sensor v3 r8 is saved.').waitFor();
    expect(fixture.service.world.profiles.at(-1)).toMatchObject({
      version: 8,
      settings: { wifi: { ssid: 'Hall 4' } },
    });
    await page.getByText('Nothing changed').waitFor();
  });

  it('makes a first product from nothing', async () => {
    const page = await open(new FakeWorld(), '#/setup');
    await page.getByRole('link', { name: 'New product' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill('gateway');
    await page.getByRole('button', { name: 'Add an entry' }).click();
    await page.getByLabel('Key', { exact: true }).fill('a key that is too long');
    await page.locator('.nvs-row .finding').waitFor();
    await page.getByLabel('Key', { exact: true }).fill('serial');
    await page.getByLabel('Value', { exact: true }).fill('SN-{{macHex}}');
    await page.locator('.setup-preview td', { hasText: 'SN-a4cf' }).waitFor();
    await page.getByRole('button', { name: 'Save as version 1' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('gateway r1 is saved.').waitFor();
    expect(new URL(page.url()).hash).toBe('#/setup/gateway');
  });

  it('is refused where somebody else saved meanwhile, and offered their version', async () => {
    const page = await open(busyWorld(1), '#/setup');
    await page.getByLabel('Location').fill('Hall 9');
    const newest = fixture.service.world.profiles.at(-1);
    if (newest === undefined) throw new Error('the sample world has a profile');
    fixture.service.world.profiles.push({ ...newest, version: 8 });
    await page.getByRole('button', { name: 'Save as version 8' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('alert').getByText('saved by somebody else').waitFor();
  });

  it('finds a device as she types, and pages through all of them', async () => {
    const page = await open(busyWorld(1), '#/today');
    await page.getByRole('heading', { name: 'Today' }).waitFor();
    await page.keyboard.press('/');
    await page.locator('[data-search]:focus').waitFor();
    await page.getByText('100 devices shown').waitFor();
    const last = fixture.service.world.devices.at(-1)?.mac ?? '';
    await page.keyboard.type(last.slice(9));
    await page.getByText('1 device shown').waitFor();
    await page.getByRole('link', { name: last }).click();
    await page.getByRole('complementary', { name: 'Device' }).getByText('Key 1 made').waitFor();
    expect(page.url()).toContain(encodeURIComponent(last));
    await page.keyboard.press('/');
    await page.locator('[data-search]:focus').waitFor();
    await page.keyboard.type('nothing like it');
    await page.getByText('Nothing found').waitFor();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.getByText('100 devices shown').waitFor();
    await page.getByRole('button', { name: 'More' }).scrollIntoViewIfNeeded();
    await page.getByText('200 devices shown').waitFor();
  });

  it('reveals a key only with a reason; it is in no storage and gone with its dialog', async () => {
    const mac = busyWorld(1).devices[5]?.mac ?? '';
    const page = await open(busyWorld(1), `#/devices/${encodeURIComponent(mac)}`);
    const psk = fixture.service.world.keys.get(mac) ?? 'none';
    await page.getByRole('button', { name: 'Show the key' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Show the key' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Reason').fill('field return 4711');
    await dialog.getByRole('button', { name: 'Show the key' }).click();
    await dialog.getByText(psk).waitFor();
    expect(fixture.service.world.reveals).toEqual([{ device: mac, reason: 'field return 4711' }]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    const everywhere = await page.evaluate(
      `document.documentElement.outerHTML + JSON.stringify({ ...localStorage, ...sessionStorage }) + location.href + document.cookie`,
    );
    expect(everywhere).not.toContain(psk);
    expect(fixture.dashboard.bodies.filter((body) => body.includes(psk))).toHaveLength(1);
  });

  it('looks at the label of a device and takes it as a file', async () => {
    const mac = busyWorld(1).devices[5]?.mac ?? '';
    const page = await open(busyWorld(1), `#/devices/${encodeURIComponent(mac)}`);
    await page.getByRole('button', { name: 'Label' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('img', { name: `Label of ${mac}` }).waitFor();
    const width = () => page.evaluate(`document.querySelector('.label-image').naturalWidth`);
    await expect.poll(width).toBeGreaterThan(0);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('link', { name: 'ZPL' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`label-${mac.replaceAll(':', '')}.zpl`);
    expect(readFileSync(await download.path(), 'utf8')).toContain(mac);
  });

  it('tests the CA URL and reads the answer as a sentence, for this URL only', async () => {
    const page = await open(busyWorld(1), '#/setup');
    const url = page.getByLabel('CA URL', { exact: true });
    const test = page.getByRole('button', { name: 'Test', exact: true });
    await url.fill('https://ca.example.com');
    await test.click();
    await page.getByText('It answers after 12 ms (HTTP 404).').waitFor();
    await url.fill('https://down.example.com');
    await page.getByText('It answers').waitFor({ state: 'detached' });
    await test.click();
    await page.getByText('It cannot be reached from this station.').waitFor();
  });

  it('exports what the filters show', async () => {
    const page = await open(busyWorld(1), '#/devices?status=pending');
    await page.getByText('2 devices shown').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('devices.csv');
    expect(readFileSync(await download.path(), 'utf8').split('\n')).toHaveLength(3);
  });

  it('looks into a board and sees where it differs from the registry', async () => {
    const page = await open(busyWorld(2), '#/inspect');
    await page.getByRole('combobox').selectOption({ index: 1 });
    await page.getByRole('button', { name: 'Read' }).click();
    await page.getByRole('row', { name: 'Wi-Fi Customer-5G Factory Differs' }).waitFor();
    expect(await page.getByText('***').count()).toBe(2);
  });

  it('follows a failure from the figures to its boards and into one of them', async () => {
    const page = await open(busyWorld(16), '#/today');
    await page.getByRole('link', { name: 'CHIP_NO_ANSWER' }).click();
    await page.getByRole('row').filter({ hasText: 'CHIP_NO_ANSWER' }).getByRole('button').first().click();
    await page.getByRole('dialog').getByText('no ESP chip answers').waitFor();
  });

  it('signs in, and sees what the role allows and no more', async () => {
    const world = busyWorld(8);
    const since = new Date().toISOString();
    world.users.push(
      { name: 'linh', role: 'admin', createdAt: since, password: PASSWORD },
      { name: 'guest', role: 'viewer', createdAt: since, password: PASSWORD },
    );
    const page = await open(world);
    const signIn = async (name: string, password: string): Promise<void> => {
      await page.getByLabel('Name').fill(name);
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in' }).click();
    };
    await signIn('guest', 'wrong');
    await page.getByText('Name and password do not belong together.').waitFor();
    await signIn('guest', PASSWORD);
    await page.locator('.tile').first().waitFor();
    expect(await page.getByRole('button', { name: /^(Start|Retry|Stop)/ }).count()).toBe(0);
    await goTo(page, '#/settings?tab=people');
    await page.getByText('This needs the role Administrator').waitFor();
    await goTo(page, '#/settings');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn('linh', PASSWORD);
    await goTo(page, '#/settings?tab=people');
    await page.getByRole('row', { name: /guest Viewer/ }).waitFor();
    await goTo(page, '#/settings?tab=tokens');
    await page.getByLabel('What it is for').fill('MES');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByText('Copy the token now').waitFor();
    const kept = await page.evaluate(
      'JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie',
    );
    expect(kept).not.toContain(PASSWORD);
    expect(kept).not.toContain('espmint_session');
  });

  it('speaks Vietnamese where the browser does, and English again when told to', async () => {
    const page = await fixture.open({ world: busyWorld(4) }, '', { locale: 'vi-VN' });
    await page.locator('.tile-word', { hasText: 'ĐẠT' }).first().waitFor();
    expect(await page.getAttribute('html', 'lang')).toBe('vi');
    await goTo(page, '#/setup');
    const url = page.getByPlaceholder('https://ca.example.com:8443');
    const before = await url.inputValue();
    await url.fill('ftp://ca.example.com');
    const finding = page.locator('.finding', { hasText: 'Không phải địa chỉ http hoặc https.' });
    await finding.waitFor();
    // The English of the service is there for whoever unfolds it.
    expect(await finding.getByText('The CA URL').isVisible()).toBe(false);
    await finding.locator('summary').click();
    expect(await finding.getByText('The CA URL').isVisible()).toBe(true);
    await url.fill(before);
    // Until then the page would ask whether what was changed may be lost.
    await finding.waitFor({ state: 'detached' });
    await goTo(page, '#/settings');
    await page.getByRole('combobox').first().selectOption('en');
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await page.getByRole('button', { name: 'Dark' }).click();
    expect(await page.getAttribute('html', 'data-theme')).toBe('dark');
    await page.reload();
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    expect(await page.getAttribute('html', 'data-theme')).toBe('dark');
  });
});
