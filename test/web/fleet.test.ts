// Who looks after the fleet, in a real browser: conflicts, pushes that were given up, reserved units.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Role } from '../../src/service/contract/index.js';
import { browserAvailable } from '../support/browser.js';
import { dashboardBench } from '../support/dashboard-bench.js';
import { goTo, tile } from '../support/dashboard.js';
import { fleetWorld } from '../support/fake-service/samples-fleet.js';
import type { FakeWorld } from '../support/fake-service/world.js';

const PASSWORD = 'correct horse battery';

describe.skipIf(!(await browserAvailable()))('who looks after the fleet', () => {
  const fixture = dashboardBench();

  const open = (world: FakeWorld, hash = '#/'): Promise<Page> => fixture.open({ world }, hash);

  /** Signed in as somebody of that role. */
  async function openAs(role: Role, hash: string): Promise<Page> {
    const world = fleetWorld(1);
    world.users.push({ name: 'minh', role, createdAt: new Date().toISOString(), password: PASSWORD });
    const page = await open(world, hash);
    await page.getByLabel('Name').fill('minh');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.rail').waitFor();
    return page;
  }

  const devicesLink = (page: Page) => page.getByRole('navigation', { name: 'Pages' }).getByText('Devices');
  const decide = (page: Page) => page.getByRole('button', { name: 'Record the decision' });

  it('sees a new conflict counted on any page as soon as it is there, and gone when it is decided', async () => {
    const world = fleetWorld(2);
    const [conflict] = world.conflicts.splice(0);
    if (conflict === undefined) throw new Error('the sample fleet has conflicts');
    const page = await open(world, '#/today');
    await devicesLink(page).waitFor();
    expect(await page.getByText('1 conflict waits for a decision').count()).toBe(0);
    world.conflicts.push(conflict);
    world.tellRegistry();
    const count = devicesLink(page).getByText('1 conflict waits for a decision');
    await count.waitFor({ state: 'attached' });
    world.conflicts[0] = { ...conflict, state: 'kept' };
    world.tellRegistry();
    await count.waitFor({ state: 'detached' });
  });

  it('adds the firmware of a build with what it names and nothing else, and takes a version away with a reason', async () => {
    const page = await openAs('engineer', '#/firmware');
    const folder = mkdtempSync(join(tmpdir(), 'espmint-build-'));
    for (const name of ['bootloader', 'esp-idf']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'flasher_args.json'), '{"flash_files":{"0x0":"bootloader/bootloader.bin"}}');
    for (const name of ['bootloader/bootloader.bin', 'bootloader/bootloader.elf', 'esp-idf/main.o'])
      writeFileSync(join(folder, name), name);
    await page.locator('input[type=file]').first().setInputFiles(folder);
    await page.getByText('sensor@2.2.0 is in the registry.').waitFor();
    rmSync(folder, { recursive: true });
    const sent = fixture.service.world.bundles[0]?.parts.map(({ name }) =>
      name.split('/').slice(1).join('/'),
    );
    expect(sent).toEqual(['flasher_args.json', 'bootloader/bootloader.bin']);
    await page.getByRole('button', { name: 'Remove sensor@2.0.3' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('a fault');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('button', { name: 'Remove sensor@2.0.3' }).waitFor({ state: 'detached' });
    // A product can name each of those that are left.
    await goTo(page, '#/setup/+');
    const offered = page.locator('datalist option');
    await offered.nth(1).waitFor({ state: 'attached' });
    const names = await Promise.all((await offered.all()).map((one) => one.getAttribute('value')));
    expect(names).toEqual(['sensor@2.2.0', 'sensor@2.1.0']);
  });

  it('takes in a list of values, sees what is left of it, and ends a row with a reason', async () => {
    const page = await openAs('engineer', '#/values');
    const buffer = Buffer.from('sku\nA\nB\n');
    await page.locator('input[type=file]').setInputFiles({ name: 'lamps.csv', mimeType: 'text/csv', buffer });
    await page.getByText('lamps: 2 rows are taken in.').waitFor();
    await page.getByRole('row', { name: /^lamps 9 0 5 0 0 0 passcode \(secret\), sku$/ }).waitFor();
    await page.getByRole('link', { name: 'lamps' }).click();
    await page
      .getByRole('row', { name: /^1 used/ })
      .getByRole('button', { name: 'Take back' })
      .click();
    await page.getByRole('dialog').getByLabel('Reason').fill('board erased');
    await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
    await page.getByRole('row', { name: /^1 returned .*board erased/ }).waitFor();
    expect(fixture.service.world.valueRows[0]).toMatchObject({ state: 'returned', reason: 'board erased' });
  });

  it('puts boards on the deny list from a file, all or none, and takes one off again, each with a reason', async () => {
    const page = await openAs('engineer', '#/lists');
    const add = page.getByRole('button', { name: 'Put on the list' });
    const upload = (name: string, text: string) =>
      page
        .locator('input[type=file]')
        .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
    await upload('returns.csv', 'mac,note\nA4-CF-12-00-00-01,burnt\nnobody\n');
    expect(await add.isDisabled()).toBe(true);
    await page.getByLabel('Reason').fill('returned burnt');
    await add.click();
    await page.getByText('returns.csv:3: "nobody" is no MAC').waitFor();
    const before = fixture.service.world.lists.length;
    await upload(
      'returns.csv',
      `mac,note\nA4-CF-12-00-00-01,burnt\n${fixture.service.world.lists[0]?.entry}\n`,
    );
    await add.click();
    await page.getByText('1 entry is on the list. 1 was there already.').waitFor();
    expect(fixture.service.world.lists).toHaveLength(before + 1);
    const row = page.getByRole('row', { name: /a4:cf:12:00:00:01 .*returned burnt.* minh/ });
    await row.getByRole('button', { name: 'Take a4:cf:12:00:00:01 off the list' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('repaired');
    await dialog.getByRole('button', { name: 'Take off the list' }).click();
    await row.waitFor({ state: 'detached' });
    expect(fixture.service.world.audit[0]).toMatchObject({
      kind: 'list entry removed',
      actor: 'minh',
      detail: { reason: 'repaired' },
    });
  });

  it('removes a device, prints a label again, and finds both in the audit trail with the address they came from', async () => {
    const mac = fleetWorld(1).devices[0]?.mac ?? '';
    const page = await openAs('engineer', `#/devices/${encodeURIComponent(mac)}`);
    const detail = page.getByRole('complementary', { name: 'Device' });
    await detail.getByText('ZC-0', { exact: true }).waitFor();
    await detail.getByRole('link', { name: 'L-5' }).waitFor();
    const dialog = page.getByRole('dialog');
    await detail.getByRole('button', { name: 'Label' }).click();
    await dialog.getByLabel('Reason').fill('the label was smeared');
    await dialog.getByRole('button', { name: 'Print', exact: true }).click();
    await page.getByText('is printed by Label line 2').waitFor();
    await detail.getByRole('button', { name: 'Remove' }).click();
    await dialog.getByLabel('Reason').fill('scrapped');
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await detail.getByText('Removed').waitFor();
    await detail.getByRole('link', { name: 'Audit trail' }).click();
    await page
      .getByRole('row', { name: /Device removed .* minh 192\.0\.2\.7 by way of line-1 scrapped/ })
      .waitFor();
    await page.getByRole('row', { name: /Label printed again .*the label was smeared/ }).waitFor();
    const shown = page.getByRole('row', { name: /Key shown/ });
    await shown.waitFor();
    await page.getByLabel('What').selectOption('device removed');
    await shown.waitFor({ state: 'detached' });
    const hash = `#/audit?kind=device+removed&device=${encodeURIComponent(mac)}`;
    await expect.poll(() => new URL(page.url()).hash).toBe(hash);
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
  });

  it('names what an entry of the audit trail is about in the language of the page', async () => {
    const page = await fixture.open({ world: fleetWorld(1) }, '#/audit', { locale: 'de-DE' });
    await page.getByText('Liste: Sperrliste').waitFor();
  });

  it('is not offered what the role does not have', async () => {
    const mac = fleetWorld(1).devices[0]?.mac ?? '';
    const page = await openAs('operator', `#/devices/${encodeURIComponent(mac)}`);
    const detail = page.getByRole('complementary', { name: 'Device' });
    await detail.getByRole('button', { name: 'Label' }).waitFor();
    expect(await detail.getByRole('button', { name: 'Remove' }).count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Audit trail' }).count()).toBe(0);
    await goTo(page, '#/lists');
    await page.getByText('stolen in March').waitFor();
    expect(await page.getByRole('button', { name: /list/ }).count()).toBe(0);
    await goTo(page, '#/audit');
    await page.getByText('for engineers and administrators').waitFor();
    await goTo(page, '#/setup');
    await page.getByText('You can look at this product.').waitFor();
    expect(await page.getByRole('link', { name: 'New product' }).count()).toBe(0);
  });

  it('is told on every page of records that need a person, and reads there what to do', async () => {
    const world = fleetWorld(1);
    world.registryTrouble = {
      spool: [
        {
          code: 'SPOOL_DAMAGED',
          params: { path: '/data/spool/keys/7.log', sizeBytes: 44 },
          message: '44 bytes of /data/spool/keys/7.log are damaged.',
        },
        {
          code: 'SPOOL_DEAD_LETTER',
          params: { id: 'r-17', mac: 'a4:cf:12:00:00:01', reason: 'value too long' },
          message: 'The registry refuses what this computer tells it of a4:cf:12:00:00:01.',
        },
      ],
    };
    const page = await open(world, '#/today');
    const banner = page.getByRole('alert');
    await banner.getByText('2 records that this computer keeps for the registry need a person.').waitFor();
    await banner.getByRole('link', { name: 'What to do' }).click();
    await page.getByText('44 bytes of /data/spool/keys/7.log are damaged').waitFor();
    await page.getByText('“espmint db dead retry r-17”').waitFor();
    // The registry's own words are there for who asks for them.
    await page.getByText('Details').last().click();
    await page.getByText('Value too long.').waitFor();
    world.registryOk = false;
    const params = { what: 'this registry', reason: 'another key', wanted: '5f0b3c1e', advice: 'import' };
    world.registryTrouble = { failure: { code: 'SECRET_UNREADABLE', params } };
    world.tellRegistry();
    await banner.getByText('it takes the master key 5f0b3c1e').waitFor();
    await page.getByText('whose “espmint keys list” names 5f0b3c1e').waitFor();
    await goTo(page, '#/');
    await banner.getByText('it takes the master key 5f0b3c1e').waitFor();
    world.registryTrouble = {};
    world.registryOk = true;
    world.tellRegistry();
    await banner.waitFor({ state: 'detached' });
  });

  it('decides with the keyboard alone, and not without a choice and a reason', async () => {
    const page = await open(fleetWorld(1));
    await page.locator('.tile').first().waitFor();
    // Two keys in a row mean a page only when they come soon after each other.
    const press = async (): Promise<string> => {
      await page.keyboard.type('gc');
      // Until they can be no scan: an Enter at once would make them one.
      await page.waitForTimeout(100);
      return new URL(page.url()).hash;
    };
    await expect.poll(press).toBe('#/conflicts');
    const link = page.getByRole('link', { name: 'Same MAC, another chip' });
    await link.waitFor();
    await link.focus();
    await page.keyboard.press('Enter');
    const row = page.getByRole('row', { name: /^Chip id .* Differs$/ });
    await row.waitFor();
    expect(await decide(page).isDisabled()).toBe(true);
    await page.getByRole('radio').first().focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    expect(await page.getByLabel('Replace it by the refused board').isChecked()).toBe(true);
    expect(await decide(page).isDisabled()).toBe(true);
    await page.keyboard.press('Tab');
    await page.keyboard.type('the first board was scrapped');
    await page.keyboard.press('Enter');
    await page.getByText('Conflict 9 is decided.').waitFor();
    expect(fixture.service.world.conflicts[0]).toMatchObject({
      state: 'replaced',
      decided: { by: 'local', reason: 'the first board was scrapped' },
    });
    await page.getByText('the first board was scrapped').waitFor();
    // What was replaced cannot be decided again.
    await decide(page).waitFor({ state: 'detached' });
    await devicesLink(page).getByText('1 conflict waits for a decision').waitFor({ state: 'attached' });
  });

  it('reads both histories side by side, and why there is none', async () => {
    const page = await open(fleetWorld(1), '#/conflicts/9');
    const card = (title: string) =>
      page.locator('.card', { has: page.getByRole('heading', { name: title }) });
    await card('Registered device History').getByText('Key 2 proven on the chip').waitFor();
    await card('Refused board History').getByText('there is no history').waitFor();
    await page.getByRole('row', { name: /^UUID .* Same$/ }).waitFor();
    await card('Registered device History').getByRole('link', { name: 'Open the device' }).click();
    await page.getByRole('complementary', { name: 'Device' }).waitFor();
  });

  it('finds those that were decided, by whom and why, and may decide them again', async () => {
    const page = await open(fleetWorld(1), '#/conflicts');
    await page.getByRole('link', { name: 'Same UUID, another MAC' }).waitFor();
    expect(await page.getByRole('link', { name: 'Same chip, another MAC' }).count()).toBe(0);
    await page.getByRole('button', { name: 'All' }).click();
    await page.getByRole('link', { name: 'Same chip, another MAC' }).click();
    await page.getByText('MAC was changed at the bench by mistake').waitFor();
    await page.getByLabel('Set both aside').check();
    await page.getByLabel('Reason').fill('nobody knows which one is right');
    await decide(page).click();
    await expect.poll(() => fixture.service.world.conflicts[2]?.state).toBe('set-aside');
  });

  it('is told why a decision was refused, and keeps what was typed', async () => {
    const page = await open(fleetWorld(1), '#/conflicts/8');
    await page.getByLabel('Keep the registered device').check();
    await page.getByLabel('Reason').fill('a wrong list');
    fixture.service.world.conflicts.splice(0);
    await decide(page).click();
    await page.getByRole('alert').getByText('It is not there, or not any more.').waitFor();
    expect(await page.getByLabel('Reason').inputValue()).toBe('a wrong list');
  });

  it('comes from the failed board to its conflict', async () => {
    const world = fleetWorld(3);
    const [conflict] = world.conflicts;
    const job = world.jobs.find(({ slot }) => slot === 3);
    if (conflict === undefined || job?.failure === undefined)
      throw new Error('the sample board 3 has failed');
    world.putJob({ ...job, failure: { ...job.failure, code: conflict.code, conflict } });
    const page = await open(world);
    await tile(page, 3).getByText('This board contradicts the registry.').waitFor();
    await tile(page, 3).getByRole('button', { name: 'Details' }).click();
    await page.getByRole('link', { name: 'Look at the conflict' }).click();
    await page.getByRole('heading', { name: 'Same MAC, another chip #9' }).waitFor();
  });

  it('as an operator looks at conflicts, pushes and held places, and changes none of them', async () => {
    const page = await openAs('operator', '#/conflicts/9');
    await page.getByText('This needs the role Engineer').waitFor();
    expect(await page.getByRole('radio').count()).toBe(0);
    await goTo(page, '#/settings?tab=pushes');
    await page.getByText('unknown article number').first().waitFor();
    await page.getByText('Out of order').waitFor();
    expect(await page.getByRole('button', { name: /^(Retry|Discard)/ }).count()).toBe(0);
    expect(await page.getByText('erp.example.com').count()).toBe(0);
    await goTo(page, '#/batches/WO-1042');
    await page.getByRole('row', { name: /^Line 4 8 / }).waitFor();
    expect(await page.getByRole('button', { name: 'Release' }).count()).toBe(0);
  });

  it('as an engineer retries pushes, but leaves it to an administrator to discard them', async () => {
    const page = await openAs('engineer', '#/settings?tab=pushes');
    await page.getByText('erp.example.com').waitFor();
    const row = (event: string) => page.getByRole('row', { name: event });
    await row('Removed').getByRole('button', { name: 'Retry' }).click();
    await page.getByText('1 push is tried again.').waitFor();
    await row('Removed').waitFor({ state: 'detached' });
    expect(fixture.service.world.deadPushes.map(({ id }) => id)).toEqual(['20', '18']);
    expect(
      await page.getByRole('button', { name: /^(Discard|Remove|Pause|Test|Add a target)/ }).count(),
    ).toBe(0);
    await page.getByRole('button', { name: 'Retry all' }).click();
    await page.getByText('2 pushes are tried again.').waitFor();
    await page.getByText('None. What a target does not take').waitFor();
    expect(await page.getByRole('button', { name: /^Retry/ }).count()).toBe(0);
  });

  it('adds a target: what is wrong stands at its field, and what is secret is seen nowhere again', async () => {
    const page = await open(fleetWorld(1), '#/settings?tab=pushes');
    const form = page.locator('form', { hasText: 'Add a target' });
    const add = form.getByRole('button', { name: 'Add a target' });
    const secrets = ['planted-password', 'whsec_planted-secret'];
    await form.getByLabel('Name').fill('inventory');
    await form.getByLabel('Address').fill(`erp.example.com/${secrets[0]}`);
    await form.getByLabel('Signing secret').fill(secrets[1] ?? '');
    const finding = (label: string) =>
      form.locator('.field', { has: page.getByLabel(label) }).locator('.finding');
    await add.click();
    await finding('Name').getByText('This name is taken.').waitFor();
    await form.getByLabel('Name').fill('second shift');
    await add.click();
    await finding('Name').waitFor();
    await form.getByLabel('Name').fill('second');
    await add.click();
    await finding('Address').getByText('is not a URL').waitFor();
    expect(await form.getByLabel('Address').getAttribute('aria-invalid')).toBe('true');
    await form.getByLabel('Address').fill(`https://erp.example.com/hook?token=${secrets[0]}`);
    await form.getByLabel('Restored').uncheck();
    await add.click();
    await page.getByRole('row', { name: /^second Webhook erp.example.com\/hook/ }).waitFor();
    await form.getByText('second gets each device from now on').waitFor();
    expect(fixture.service.world.pushSecrets).toHaveLength(2);
    expect(fixture.service.world.pushTargets.at(-1)?.events).toEqual(['provisioned', 'rotated', 'removed']);
    expect(await form.getByLabel('Signing secret').inputValue()).toBe('');
    const kept = await page.evaluate<string>(
      `document.documentElement.outerHTML + JSON.stringify({ ...localStorage, ...sessionStorage }) + location.href`,
    );
    for (const secret of secrets)
      expect([kept, ...fixture.dashboard.bodies].filter((text) => text.includes(secret))).toEqual([]);
  });

  it('is shown a signing secret that was made, once', async () => {
    const page = await open(fleetWorld(1), '#/settings?tab=pushes');
    const form = page.locator('form', { hasText: 'Add a target' });
    await form.getByLabel('Name').fill('third');
    await form.getByLabel('Address').fill('https://third.example.com/hook');
    await form.getByRole('button', { name: 'Add a target' }).click();
    await form.getByText(/^whsec_m+=$/).waitFor();
    await goTo(page, '#/settings');
    await goTo(page, '#/settings?tab=pushes');
    await page.getByRole('row', { name: /^third / }).waitFor();
    expect(await page.getByText(/whsec_m/).count()).toBe(0);
  });

  it('adds a table, and cannot without its statement', async () => {
    const page = await open(fleetWorld(1), '#/settings?tab=pushes');
    const form = page.locator('form', { hasText: 'Add a target' });
    const add = form.getByRole('button', { name: 'Add a target' });
    await form.getByRole('button', { name: 'Table' }).click();
    await form.getByLabel('Name').fill('mes');
    await form.getByLabel('Address').fill('postgresql://mes:planted@db.example.com/mes');
    expect(await form.getByLabel('Address').getAttribute('type')).toBe('password');
    expect(await add.isDisabled()).toBe(true);
    await form.getByLabel('Statement').fill('SELECT enrol(:mac)');
    await add.click();
    await form.getByText('The statement names no device').waitFor();
    await form.getByLabel('Statement').fill('SELECT enrol(:uuid, :psk)');
    await form.getByLabel('Send the keys too').check();
    await add.click();
    await page.getByRole('row', { name: /^mes Table, gets keys too/ }).waitFor();
  });

  it('tests, pauses, resumes and removes a target', async () => {
    const page = await open(fleetWorld(1), '#/settings?tab=pushes');
    const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name} `) });
    await row('authority').getByRole('button', { name: 'Test' }).click();
    await page.getByText('authority takes what it is sent.').waitFor();
    await row('inventory').getByRole('button', { name: 'Test' }).click();
    await page.getByRole('alert').getByText('inventory refused it').waitFor();
    await row('authority').getByRole('button', { name: 'Pause' }).click();
    await row('authority').getByText('Paused').waitFor();
    await row('authority').getByRole('button', { name: 'Go on' }).click();
    await row('authority').getByText('Works').waitFor();
    const asked: string[] = [];
    page.once('dialog', (dialog) => {
      asked.push(dialog.message());
      void dialog.accept();
    });
    await row('inventory').getByRole('button', { name: 'Remove inventory' }).click();
    await row('inventory').waitFor({ state: 'detached' });
    expect(asked).toEqual([
      'Remove inventory? It gets nothing any more, and 187 deliveries that wait or were given up go with it.',
    ]);
  });

  it('discards pushes only after being asked', async () => {
    const page = await open(fleetWorld(1), '#/settings?tab=pushes');
    const discard = page.getByRole('button', { name: /^Discard the push about/ }).first();
    const asked: string[] = [];
    page.once('dialog', (dialog) => {
      asked.push(dialog.message());
      void dialog.dismiss();
    });
    await discard.click();
    await expect.poll(() => asked.length).toBe(1);
    expect(fixture.service.world.deadPushes).toHaveLength(3);
    page.once('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Discard all' }).click();
    await page.getByText('None. What a target does not take').waitFor();
    expect(fixture.service.world.deadPushes).toEqual([]);
  });

  it('releases the places of a station that does not come back, with a reason', async () => {
    const page = await open(fleetWorld(1), '#/batches/WO-1042');
    await page.getByText('90 left').waitFor();
    await page
      .getByRole('row', { name: /^Line 4/ })
      .getByRole('button', { name: 'Release' })
      .click();
    const dialog = page.getByRole('dialog', { name: 'Release: Line 4' });
    expect(await dialog.getByRole('button', { name: 'Release' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Reason').fill('its computer was scrapped');
    await dialog.getByRole('button', { name: 'Release' }).click();
    await page.getByText('8 units are free for other boards.').waitFor();
    await page.getByText('98 left').waitFor();
    expect(await page.getByRole('row', { name: /^Line 4/ }).count()).toBe(0);
    expect(fixture.service.world.reservedUnits.map(({ station }) => station)).toEqual(['Line 2']);
  });

  it('is told when a page did not come, and gets it by loading again', async () => {
    const page = await open(fleetWorld(1));
    await page.route(/\/lazy-[\w-]+\.js$/, (route) => route.abort());
    await page.reload();
    await goTo(page, '#/conflicts');
    await page.getByRole('alert').getByText('This page did not come').waitFor();
    await page.unroute(/\/lazy-[\w-]+\.js$/);
    await page.getByRole('button', { name: 'Load again' }).click();
    await page.getByRole('link', { name: 'Same MAC, another chip' }).waitFor();
  });
});
