// The page and the real service, with its own virtual boards and its own database: nothing between them is a fake.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, sharedBrowser } from '../support/browser.js';
import { goTo, openDashboard, tile, tileSays, type Dashboard } from '../support/dashboard.js';
import { ROOT } from '../support/reference-tools.js';

/** Given to the page once, and nowhere to be found afterwards but in the station's own store of secrets. */
const CANARY = 'canary-wifi-password-7319';
const START_MS = 60_000;

interface Served {
  readonly url: string;
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

async function serve(dataDir: string, port: number): Promise<Served> {
  const args = ['serve', '--virtual', '4', '--json', '--port', String(port), '--data-dir', dataDir];
  const child = spawn(process.execPath, [join(ROOT, 'bin/espmint.js'), ...args]);
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const url = await firstUrl(child, (line) => (output += line));
  return {
    url,
    output: () => output,
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** In the page: pulls the board of a slot as soon as its run shows, which no hand outside is sure to do in time. */
const pullInMidRun = (slot: number): string => `{
  const tile = document.querySelector('[data-slot="${slot}"]');
  const pull = document.querySelector('[aria-label="Pull this virtual board, Slot ${slot}"]');
  const watch = new MutationObserver(() => {
    if (tile.querySelector('.tile-progress') === null) return;
    watch.disconnect();
    pull.click();
  });
  watch.observe(tile, { subtree: true, childList: true });
}`;

function firstUrl(child: ChildProcessWithoutNullStreams, onLine: (line: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('the service did not start in time'));
    }, START_MS);
    createInterface({ input: child.stdout }).on('line', (line) => {
      onLine(line);
      const url = /"url":"([^"]+)"/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(`${url}/`);
    });
    child.on('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the service ended with ${code ?? 'a signal'}`));
    });
  });
}

describe.skipIf(!(await browserAvailable()))('a line with the real service', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'espmint-web-'));
  let browser: Browser;
  let served: Served;
  let dashboard: Dashboard;

  beforeAll(async () => {
    [browser, served] = await Promise.all([sharedBrowser(), serve(dataDir, 0)]);
    dashboard = await openDashboard(browser, served.url);
  }, START_MS + 10_000);
  afterAll(async () => {
    await served.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('is set up on the page, with the Wi-Fi password stored on the station', async () => {
    const { page } = dashboard;
    await page.getByRole('link', { name: 'Set up a product' }).click();
    await page.getByRole('link', { name: 'New product' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill('sensor');
    await page.getByLabel('CA URL', { exact: true }).first().fill('https://ca.example.com:8443');
    await page.getByLabel('Wi-Fi', { exact: true }).fill('Factory');
    await page.getByRole('button', { name: 'Store a password' }).click();
    await page.getByRole('dialog').getByLabel('Password').fill(CANARY);
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => page.getByLabel('Wi-Fi password from').inputValue()).toBe('file:sensor-wifi');
    await page.locator('.setup-preview td', { hasText: 'Factory' }).waitFor();
    await page.getByRole('button', { name: 'Save as version 1' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('sensor r1 is saved.').waitFor();
  });

  it('makes four boards at once, one of them pulled in mid-run and made again', async () => {
    const { page } = dashboard;
    await goTo(page, '#/');
    await Promise.all([
      page.waitForResponse((response) => response.request().method() === 'PUT'),
      page.locator('.product select').selectOption('sensor'),
    ]);
    await tileSays(page, 4, 'Ready');
    await page.evaluate(pullInMidRun(3));
    await page.keyboard.press('Enter');
    await tile(page, 3).locator('.tile-word', { hasText: 'FAIL' }).waitFor({ timeout: 30_000 });
    for (const slot of [1, 2, 4]) {
      await tile(page, slot).locator('.tile-word', { hasText: 'PASS' }).waitFor({ timeout: 30_000 });
    }
    await page.getByRole('button', { name: 'Plug a new virtual board in, Slot 3' }).click();
    await page.getByRole('button', { name: 'Retry, Slot 3' }).click();
    await tile(page, 3).locator('.tile-word', { hasText: 'PASS' }).waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Pull this virtual board, Slot 1' }).click();
    await tileSays(page, 1, 'Empty');
  });

  it('finds the devices, reveals one key, and reads a board that agrees with the registry', async () => {
    const { page } = dashboard;
    await goTo(page, '#/devices?status=provisioned');
    await page.getByText('4 devices shown').waitFor();
    await page.locator('tbody a').first().click();
    await page.getByRole('button', { name: 'Show the key' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('test of the line');
    await page.getByRole('dialog').getByRole('button', { name: 'Show the key' }).click();
    await page
      .getByRole('dialog')
      .locator('.secret')
      .getByText(/^[0-9a-f]{32}$/)
      .waitFor();
    await page.keyboard.press('Escape');
    await goTo(page, '#/inspect?port=virtual%3A%2F%2F2');
    await page.getByRole('button', { name: 'Read' }).click();
    await page.getByRole('row', { name: /^UUID .* Same$/ }).waitFor({ timeout: 30_000 });
    expect(await page.getByText('Differs').count()).toBe(0);
  });

  it('stops a board that contradicts the registry, counts it on every page, and takes the decision', async () => {
    const { page } = dashboard;
    const post = (path: string, data: object) => page.request.post(`${served.url}api/v1/${path}`, { data });
    // Its UUID is made in another way from now on: the registry knows its MAC under the old one.
    const identity = { recipe: 'hex-text' };
    const settings = { name: 'sensor', caUrl: 'https://ca.example.com:8443', identity };
    expect((await post('profiles', { profile: { settings }, basedOn: 1 })).ok()).toBe(true);
    for (const plugged of [false, true])
      await post('virtual-boards/plug', { port: 'virtual://2', plugged, fresh: false });
    await goTo(page, '#/');
    await tileSays(page, 2, 'Ready');
    await post('jobs', { ports: ['virtual://2'], profile: { name: 'sensor' } });
    await tile(page, 2).getByText('This board contradicts the registry.').waitFor({ timeout: 30_000 });
    const count = page.getByText('1 conflict waits for a decision');
    await count.waitFor({ state: 'attached' });
    await tile(page, 2).getByRole('button', { name: 'Details' }).click();
    await page.getByRole('link', { name: 'Look at the conflict' }).click();
    await page.getByRole('row', { name: /^UUID .* Differs$/ }).waitFor();
    await page.getByText('proven on the chip').first().waitFor();
    await page.getByLabel('Keep the registered device').check();
    await page.getByLabel('Reason').fill('the wrong recipe');
    await page.getByRole('button', { name: 'Record the decision' }).click();
    await page.locator('.badge', { hasText: 'Kept' }).waitFor();
    await count.first().waitFor({ state: 'detached' });
    await goTo(page, '#/settings?tab=pushes');
    await page.getByText('No target gets devices').waitFor();
  });

  it('tells a webhook that was added on the page: of a test, and of each board from then on', async () => {
    const { page } = dashboard;
    const told: { type: string; signed: boolean; psk: boolean }[] = [];
    const receiver = createServer((request, response) => {
      const signed = String(request.headers['webhook-signature']).startsWith('v1,');
      request.setEncoding('utf8').on('data', (text: string) => {
        const { type, data } = JSON.parse(text) as { type: string; data: object };
        told.push({ type, signed, psk: 'psk' in data });
        response.end();
      });
    });
    await once(receiver.listen(0, '127.0.0.1'), 'listening');
    try {
      await goTo(page, '#/settings?tab=pushes');
      const form = page.locator('form', { hasText: 'Add a target' });
      await form.getByLabel('Name').fill('erp');
      await form
        .getByLabel('Address')
        .fill(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook?token=${CANARY}`);
      await form.getByRole('button', { name: 'Add a target' }).click();
      await form.getByText(/^whsec_/).waitFor();
      const row = page.getByRole('row', { name: /^erp / });
      await row.getByRole('button', { name: 'Test' }).click();
      await page.getByText('erp takes what it is sent.').waitFor();
      expect(told).toEqual([{ type: 'test', signed: true, psk: false }]);
      const data = { ports: ['virtual://3'], profile: { name: 'sensor', version: 1 } };
      expect((await page.request.post(`${served.url}api/v1/jobs`, { data })).ok()).toBe(true);
      await expect.poll(() => told.length, { timeout: 30_000 }).toBe(2);
      expect(told[1]).toEqual({ type: 'device.provisioned', signed: true, psk: false });
      page.once('dialog', (dialog) => void dialog.accept());
      await row.getByRole('button', { name: 'Remove erp' }).click();
      await row.waitFor({ state: 'detached' });
    } finally {
      receiver.close();
    }
  });

  it('fills a batch that was made on the page, and asks before it makes one board more', async () => {
    const { page } = dashboard;
    await goTo(page, '#/batches');
    await page.getByLabel('Name').fill('WO-9');
    await page.getByLabel('Boards', { exact: true }).fill('1');
    await page.getByRole('button', { name: 'Make the batch' }).click();
    await page.getByRole('button', { name: 'Use at this station' }).click();
    await goTo(page, '#/');
    await page.getByText('0/1').waitFor();
    for (const slot of [1, 4]) {
      const label = slot === 1 ? 'Plug a new virtual board in' : 'Pull this virtual board';
      await page.getByRole('button', { name: `${label}, Slot ${slot}` }).click();
    }
    await tileSays(page, 4, 'Empty');
    await page.getByRole('button', { name: 'Plug a new virtual board in, Slot 4' }).click();
    await page.getByRole('button', { name: 'Start, Slot 1' }).click();
    await tile(page, 1).locator('.tile-word', { hasText: 'PASS' }).waitFor({ timeout: 30_000 });
    await page.getByText('1/1').waitFor();
    await page.getByRole('button', { name: 'Start, Slot 4' }).click();
    await tileSays(page, 4, 'Waiting');
    page.once('dialog', (dialog) => void dialog.accept('2'));
    await page.getByRole('button', { name: 'Ask for more' }).click();
    await tile(page, 4).locator('.tile-word', { hasText: 'PASS' }).waitFor({ timeout: 30_000 });
    await page.getByText('2/2').waitFor();
    await goTo(page, '#/batches/WO-9');
    await page.getByRole('link', { name: 'Report PDF' }).waitFor();
  });

  it('comes back by itself when the service is started again', async () => {
    const { page } = dashboard;
    await goTo(page, '#/');
    const port = Number(new URL(served.url).port);
    await served.stop();
    await page.locator('.banner', { hasText: 'No connection' }).waitFor();
    served = await serve(dataDir, port);
    await page.locator('.banner').waitFor({ state: 'detached', timeout: 20_000 });
    await tileSays(page, 1, 'Ready');
    // The batch is still chosen, and its product with it: there is no other to choose.
    await expect.poll(() => page.locator('.product select').inputValue()).toBe('WO-9');
  });

  it('has kept the password out of every page, answer, log and file but its own', async () => {
    const { page, bodies, offences } = dashboard;
    const kept = await page.evaluate<string>(
      `document.documentElement.outerHTML + JSON.stringify({ ...localStorage, ...sessionStorage })`,
    );
    expect([kept, ...bodies, served.output()].filter((text) => text.includes(CANARY))).toEqual([]);
    expect(offences).toEqual([]);
    const holders = readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
      .map((name) => join(dataDir, name))
      .filter((path) => statSync(path).isFile() && readFileSync(path).includes(CANARY));
    for (const path of holders) expect(statSync(path).mode & 0o077).toBe(0);
  });
});
