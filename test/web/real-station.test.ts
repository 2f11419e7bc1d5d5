// The page at a real station: what the service knows of a slot is what its tile says and offers.
import { describe, expect, it } from 'vitest';
import { EspmintError } from '../../src/core/errors/index.js';
import type { Job } from '../../src/service/contract/index.js';
import { browserAvailable } from '../support/browser.js';
import { goTo, tile, tileSays } from '../support/dashboard.js';
import { realStations, type RealStation } from '../support/real-station.js';

/** A station set to a product, which starts boards by itself and tries none of them again. */
async function set({ call }: RealStation, more: object = {}): Promise<void> {
  const settings = { name: 'lamp', caUrl: 'https://ca.example.com' };
  await call('POST', '/profiles', { profile: { settings } });
  const station = await call('GET', '/settings');
  const profile = { name: 'lamp', version: 0 };
  await call('PUT', '/settings', { ...station, autoStart: true, retries: 0, profile, ...more });
}

describe.skipIf(!(await browserAvailable()))('a station that starts boards by itself', () => {
  const open = realStations();
  const plug = ({ call }: RealStation, plugged: boolean) =>
    call('POST', '/virtual-boards/plug', { port: 'virtual://1', plugged, fresh: plugged });

  it('offers to retry a failed board that is there, also when it came after another one had failed', async () => {
    const station = await open({
      parts: (parts) => ({
        ...parts,
        connect: (port) => Promise.reject(new EspmintError('PORT_BUSY', { port })),
      }),
    });
    const { page, call } = station;
    await set(station, { stopAfter: { onSlot: 0, onStation: 0 } });
    await call('POST', '/virtual-boards', { count: 1 });
    for (let round = 1; round <= 3; round += 1) {
      await expect.poll(async () => (await call('GET', '/jobs'))['jobs']).toHaveLength(round);
      await tileSays(page, 1, 'FAIL');
      await tile(page, 1).getByRole('button', { name: 'Retry' }).waitFor();
      await plug(station, false);
      await tile(page, 1).getByRole('button', { name: 'Seen' }).waitFor();
      await plug(station, true);
    }
  });

  it('makes its first virtual boards from the empty page with two clicks', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'Add four virtual boards' }).click();
    await page.getByRole('button', { name: 'Start 4' }).click();
    for (const slot of [1, 2, 3, 4]) await tileSays(page, slot, 'PASS');
  });

  it('says what is missing in place of a start that cannot be', async () => {
    const { page, call } = await open();
    await call('POST', '/ports', { port: 'tcp://127.0.0.1:9' });
    await tileSays(page, 1, 'Empty');
    const { profiles } = await call('GET', '/profiles');
    expect(profiles).toEqual([]);
    await page.getByRole('link', { name: 'Set up a product' }).waitFor();
    expect(await page.getByText('Press Enter').count()).toBe(0);
  });

  it('checks the reference to a password where it is typed, and a password where it is stored', async () => {
    const { call } = await open();
    const preview = async (password: string) => {
      const profile = { settings: { name: 'lamp', wifi: { ssid: 'Lab', password } } };
      return (await call('POST', '/profiles/preview', { profile }))['findings'];
    };
    expect(await preview('file:lab')).toMatchObject([{ path: 'wifi.password', code: 'SECRET_UNKNOWN' }]);
    expect(await preview('env:PATH')).toMatchObject([{ code: 'SECRET_REFERENCE_REFUSED' }]);
    await expect(call('PUT', '/secrets/lab', { value: 'short' })).rejects.toThrow('WIFI_INVALID');
    await call('PUT', '/secrets/lab', { value: 'long enough' });
    expect(await preview('file:lab')).toEqual([]);
  });

  it.each([
    ['improv', undefined],
    ['protocomm', 'abcd1234'],
    ['console', undefined],
  ] as const)(
    'hands a network to a board in the field that speaks %s, after a wrong password',
    async (firmware, proof) => {
      const { page, call } = await open({ hash: '#/inspect?port=virtual%3A%2F%2F1' });
      await call('POST', '/virtual-boards', { count: 1, firmware });
      const panel = page.locator('.card', { hasText: 'Wi-Fi' }).last();
      await panel.getByRole('button').first().click();
      const password = panel.getByLabel('Password', { exact: true });
      await password.waitFor({ timeout: 60_000 });
      if (proof !== undefined) await panel.locator('input[type=password]').last().fill(proof);
      const network = panel.locator('select');
      if ((await network.count()) > 0) await network.selectOption('Factory Floor');
      else await panel.locator('input[type=text]').first().fill('Factory Floor');
      await password.fill('not the password');
      const join = panel.locator('button[type=submit]');
      await join.click();
      await panel.getByRole('alert').waitFor({ timeout: 90_000 });
      await password.fill('correct horse battery');
      await join.click();
      await panel
        .getByText('Factory Floor')
        .filter({ hasNot: page.locator('option') })
        .last()
        .waitFor({ timeout: 90_000 });
      await panel.getByRole('status').locator('strong').waitFor({ timeout: 90_000 });
    },
  );

  it('joins boards in the field by WPS, over the air and by their own portal, each with its form', async () => {
    const { page, call } = await open({ hash: '#/inspect?port=virtual%3A%2F%2F1' });
    for (const firmware of ['wps', 'smartconfig', 'protocomm'] as const)
      await call('POST', '/virtual-boards', { count: 1, firmware });
    const panel = page.locator('.card', { hasText: 'Wi-Fi' }).last();
    const at = async (slot: number, way: string): Promise<void> => {
      await goTo(page, `#/inspect?port=virtual%3A%2F%2F${slot}`);
      await panel.getByLabel('Way').selectOption(way);
    };
    const done = (network: string): Promise<void> =>
      panel.getByText(`The board is on ${network}`).waitFor({ timeout: 90_000 });

    await at(1, 'wps');
    await panel.getByLabel('PIN of the board').fill('12345678');
    await panel.getByText('The last digit does not fit the others').waitFor();
    expect(await panel.getByRole('button', { name: 'Begin' }).isDisabled()).toBe(true);
    await panel.getByLabel('PIN of the board').fill('');
    await panel.getByRole('button', { name: 'Begin' }).click();
    await panel.getByText('Press the WPS button of the access point.').waitFor();
    await panel.getByText(/1[012]\d s left/).waitFor();
    // Stopped, it may be begun again.
    await panel.getByRole('button', { name: 'Stop' }).click();
    await panel.getByRole('button', { name: 'Begin' }).click();
    const press = panel.getByRole('button', { name: 'Press the button of the virtual access point' });
    const isOn = panel.getByText('The board is on Lab');
    await expect
      .poll(
        async () => {
          if (await press.isVisible()) await press.click({ timeout: 1_000 }).catch(() => undefined);
          return isOn.isVisible();
        },
        { timeout: 60_000, interval: 300 },
      )
      .toBe(true);

    await at(2, 'smartconfig');
    await panel.getByText('Without a key everybody in range can read the password.').waitFor();
    await panel.getByLabel('Name of the network').fill('Factory Floor');
    await panel.getByLabel('Password', { exact: true }).fill('correct horse battery');
    await panel.getByRole('button', { name: 'Send' }).click();
    await done('Factory Floor');

    await at(3, 'portal');
    await expect.poll(() => panel.getByLabel('Address of its portal').inputValue()).toMatch(/127\.0\.0\.1/);
    await panel.getByLabel('Name of the network').fill('Factory Floor');
    await panel.getByLabel('Password', { exact: true }).fill('correct horse battery');
    await panel.getByLabel('Proof of possession').fill('abcd1234');
    await panel.getByRole('button', { name: 'Connect the board' }).click();
    await done('Factory Floor');
  });

  it('has a field for each setting of a way onto Wi-Fi, and no other', async () => {
    const { page, call } = await open();
    await call('POST', '/profiles', {
      profile: { settings: { name: 'lamp', caUrl: 'https://ca.example.com' } },
    });
    await goTo(page, '#/setup');
    const mode = page.getByLabel('How boards get their network');
    const shows = async (label: string, isThere: boolean): Promise<void> =>
      expect.poll(() => page.getByLabel(label).count()).toBe(isThere ? 1 : 0);
    await mode.selectOption('wps');
    await shows('WPS by', true);
    await shows('Time to join (ms)', true);
    await page.getByText('the operator presses the button').waitFor();
    await mode.selectOption('smartconfig');
    await shows('Protocol', true);
    await shows('MAC of the access point', false);
    await page.getByLabel('Wi-Fi', { exact: true }).fill('Hall 4');
    await shows('MAC of the access point', true);
    await mode.selectOption('portal');
    await shows('MAC of the access point', false);
    await shows('Security', true);
  });

  it.each([
    ['no answer', 'FAIL', 'The chip does not answer.', 'CHIP_NO_ANSWER'],
    ['worn flash', 'FAIL', 'The flash does not keep what is written.', 'FLASH_WORN'],
    ['wrong proof', 'FAIL', 'The check after writing failed.', 'VERIFY_MISMATCH'],
    ['unplugged while writing', 'FAIL', 'lug', 'BOARD_REMOVED'],
    ['worn cable', 'PASS', 'Remove the board.', undefined],
  ])('shows a board with the fault "%s" as what it is: %s', async (fault, word, sentence, code) => {
    const station = await open();
    const { page, call } = station;
    await call('POST', '/virtual-boards', { count: 1, fault });
    await call('PUT', '/settings', { ...(await call('GET', '/settings')), retries: 0 });
    await page.getByRole('button', { name: 'Start, Slot 1' }).click();
    await tile(page, 1).locator('.tile-word', { hasText: word }).waitFor({ timeout: 90_000 });
    expect(await tile(page, 1).locator('.tile-do').innerText()).toContain(sentence);
    const { jobs } = (await call('GET', '/jobs')) as { jobs: Job[] };
    expect(jobs[0]?.failure?.code).toBe(code);
  });
});
