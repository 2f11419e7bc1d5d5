// The operator's day in a real browser, against a service whose boards go as far as the test lets them.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { browserAvailable } from '../support/browser.js';
import { dashboardBench } from '../support/dashboard-bench.js';
import { goTo, tile, tileSays } from '../support/dashboard.js';
import { sampleProfile } from '../support/fake-service/samples.js';
import { FakeWorld } from '../support/fake-service/world.js';

function bench(boards: number): FakeWorld {
  const world = new FakeWorld();
  world.profiles.push(sampleProfile());
  world.addVirtualPorts(boards);
  return world;
}

/** Its runs write until the test lets them go on. */
function heldBench(boards: number): FakeWorld {
  const world = bench(boards);
  world.heldAt = 'write';
  return world;
}

/** In the page: counts how often it shows progress anew, of however many tiles together. Clocks tick by themselves. */
const COUNT_REDRAWS = `
  redraws = 0;
  new MutationObserver(() => redraws++).observe(document.body, { subtree: true, attributeFilter: ['aria-valuenow'] });
`;

describe.skipIf(!(await browserAvailable()))('an operator', () => {
  const fixture = dashboardBench();

  const open = (world: FakeWorld): Promise<Page> => fixture.open({ world, pace: { stageMs: 5 } });

  it('starts with virtual boards on the first visit', async () => {
    const world = new FakeWorld();
    world.profiles.push(sampleProfile());
    const page = await open(world);
    // A glove presses twice: that begins one thing.
    await page.getByRole('button', { name: 'Add four virtual boards' }).dblclick();
    await tileSays(page, 4, 'Ready');
    expect(await page.locator('[data-slot]').count()).toBe(4);
    await page.getByRole('button', { name: 'Start 4' }).click();
    for (const slot of [1, 2, 3, 4]) await tileSays(page, slot, 'PASS');
    await page.locator('.count-link.pass', { hasText: '4' }).waitFor();
  });

  it('needs nothing but the keyboard: select, start, stop, take note, details, help', async () => {
    const world = bench(4);
    const page = await open(world);
    await tileSays(page, 4, 'Ready');
    await page.keyboard.press('2');
    await page.locator('[data-slot="2"][aria-current=true]').waitFor();
    await page.keyboard.press('Enter');
    await tileSays(page, 2, 'PASS');
    await page.keyboard.press('d');
    await page.getByRole('dialog').getByText('ESP32-D0WD-V3').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    world.heldAt = 'write';
    // Both before the page can redraw: the second is meant for what the first has selected.
    await page.evaluate(
      `for (const key of ['ArrowRight', 'Enter']) document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))`,
    );
    await tile(page, 3).locator('.tile-progress').waitFor();
    await page.keyboard.press('Escape');
    await tileSays(page, 3, 'Stopped');
    await page.keyboard.press('Escape');
    await tileSays(page, 3, 'Ready');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // What the key was pressed on is gone before the page knows that it is no scan.
    await page.evaluate(`{
      const gone = document.body.appendChild(document.createElement('button'));
      gone.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true, cancelable: true }));
      gone.remove();
    }`);
    await page.locator('input[data-search]:focus').waitFor();
  });

  it('sees four boards at once, one pulled in mid-write, and retries it', async () => {
    const world = heldBench(4);
    const page = await open(world);
    await tileSays(page, 1, 'Ready');
    await page.keyboard.press('Enter');
    await tileSays(page, 2, 'Writing');
    await page.getByRole('button', { name: 'Pull this virtual board, Slot 2' }).click();
    await tileSays(page, 2, 'FAIL');
    await tile(page, 2).getByText('The connection broke.').waitFor();
    world.heldAt = undefined;
    for (const slot of [1, 3, 4]) await tileSays(page, slot, 'PASS');
    await page.getByRole('button', { name: 'Plug a new virtual board in, Slot 2' }).click();
    await page.getByRole('button', { name: 'Retry, Slot 2' }).click();
    await tileSays(page, 2, 'PASS');
  });

  it('finds a pass cleared by pulling the board, and a failure still there until it was seen', async () => {
    const world = heldBench(2);
    const page = await open(world);
    await tileSays(page, 1, 'Ready');
    await page.keyboard.press('Enter');
    await tileSays(page, 2, 'Writing');
    await page.getByRole('button', { name: 'Pull this virtual board, Slot 2' }).click();
    await tileSays(page, 2, 'FAIL');
    world.heldAt = undefined;
    await tileSays(page, 1, 'PASS');
    await page.getByRole('button', { name: 'Pull this virtual board, Slot 1' }).click();
    await tileSays(page, 1, 'Empty');
    await page.getByRole('button', { name: 'Seen, Slot 2' }).click();
    await tileSays(page, 2, 'Empty');
  });

  it('pauses the station and lets it go on, and scans the label that a unit waits for', async () => {
    const world = bench(2);
    const page = await open(world);
    await tileSays(page, 1, 'Ready');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused by local.').waitFor();
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Paused by local.').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Start, Slot 1' }).click();
    await tileSays(page, 1, 'PASS');
    const [job] = world.jobs;
    if (job === undefined) throw new Error('no job');
    world.putJob({ ...job, state: 'running', scanning: true, uuid: 'code-of-1' });
    await tileSays(page, 1, 'Scan');
    await page.getByLabel('Scanned code').fill('another');
    await page.keyboard.press('Enter');
    await page.getByText('No unit waits for "another"').waitFor();
    await page.getByLabel('Scanned code').fill('code-of-1');
    await page.keyboard.press('Enter');
    await tileSays(page, 1, 'PASS');
  });

  it('loses nothing by loading the page anew in mid-run', async () => {
    const world = heldBench(4);
    const page = await open(world);
    await tileSays(page, 1, 'Ready');
    await page.keyboard.press('Enter');
    await tileSays(page, 3, 'Writing');
    await page.reload();
    await tile(page, 3).locator('.tile-progress').waitFor();
    world.heldAt = undefined;
    for (const slot of [1, 2, 3, 4]) await tileSays(page, slot, 'PASS');
  });

  it('is told when the service goes away, and sees the truth when it is back, without a hand', async () => {
    const page = await open(heldBench(2));
    const port = Number(new URL(fixture.service.url).port);
    await tileSays(page, 1, 'Ready');
    await page.keyboard.press('Enter');
    await tileSays(page, 1, 'Writing');
    await fixture.service.close();
    await page.locator('.banner', { hasText: 'No connection' }).waitFor();
    await fixture.restart({ world: bench(3), port });
    await tileSays(page, 3, 'Ready');
    await tileSays(page, 1, 'Ready');
    await page.locator('.banner').waitFor({ state: 'detached' });
  });

  it('hears of results on every page, as words too', async () => {
    const page = await open(bench(1));
    await tileSays(page, 1, 'Ready');
    await goTo(page, '#/devices');
    await page.getByText('No device yet').waitFor();
    await page.evaluate(
      `fetch('api/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"ports":["virtual://1"]}' })`,
    );
    await page.locator('[role=log]', { hasText: 'Slot 1: Passed.' }).waitFor({ state: 'attached' });
    await page.getByText('1 device shown').waitFor();
  });

  it('with 64 boards at once has a page that draws what came together together', async () => {
    const world = heldBench(64);
    const page = await open(world);
    await tileSays(page, 64, 'Ready');
    await page.keyboard.press('Enter');
    const writing = () => page.locator('.tile-word', { hasText: 'Writing' }).count();
    await expect.poll(writing).toBe(64);
    await page.evaluate(COUNT_REDRAWS);
    const sentBefore = world.events.length;
    for (let percent = 5; percent <= 100; percent += 5)
      for (const { id, port } of world.jobs)
        world.emit({ type: 'progress', jobId: id, port, stage: 'write', percent });
    const sent = world.events.length - sentBefore;
    const written = () => page.locator('.tile-percent', { hasText: '72 %' }).count();
    await expect.poll(written).toBe(64);
    const redraws = Number(await page.evaluate('redraws'));
    console.log(`64 boards at once: ${sent} events, ${redraws} redraws`);
    expect(sent).toBeGreaterThan(redraws * 10);
    world.heldAt = undefined;
    await page.locator('.count-link.pass', { hasText: '64' }).waitFor();
  });
});
