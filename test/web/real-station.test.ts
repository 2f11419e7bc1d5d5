// The page at a real station: what the service knows of a slot is what its tile says and offers.
import { describe, expect, it } from 'vitest';
import { EspmintError } from '../../src/core/errors/index.js';
import { browserAvailable } from '../support/browser.js';
import { tile, tileSays } from '../support/dashboard.js';
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
});
