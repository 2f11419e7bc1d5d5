// Gloves: whatever is pressed on the station page can be pressed 22 px away from its middle, and nothing else answers.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { browserAvailable } from '../support/browser.js';
import { dashboardBench } from '../support/dashboard-bench.js';
import { goTo } from '../support/dashboard.js';
import { busyWorld } from '../support/fake-service/samples.js';
import { FakeWorld } from '../support/fake-service/world.js';

/** In the page: names of what is too small to be hit. A pixel is lost where a border lies between two. */
const MISSED = `(() => {
  const reach = 21;
  const missed = [];
  for (const target of document.querySelectorAll('main :is(button, a, select, input)')) {
    target.scrollIntoView({ block: 'center' });
    const { left, top, width, height } = target.getBoundingClientRect();
    if (width === 0 || target.closest('.visually-hidden')) continue;
    const after = getComputedStyle(target, '::after');
    const drawn = after.position === 'absolute' && after.content !== 'none';
    const shift = (a, b) => (drawn ? (parseFloat(b) - parseFloat(a)) / -2 : 0);
    const x = left + width / 2 + shift(after.left, after.right);
    const y = top + height / 2 + shift(after.top, after.bottom);
    const hits = [[-reach, 0], [reach, 0], [0, -reach], [0, reach]].every(([dx, dy]) => {
      const found = document.elementFromPoint(x + dx, y + dy);
      return found !== null && (target.contains(found) || found.contains(target) && found.tagName === 'LABEL');
    });
    if (!hits) missed.push(target.getAttribute('aria-label') ?? target.textContent);
  }
  return missed;
})()`;

describe.skipIf(!(await browserAvailable()))('an operator with gloves', () => {
  const fixture = dashboardBench();
  const missed = (page: Page) => page.evaluate<string[]>(MISSED);

  it.each([1, 8, 32, 64])('hits every button of a station with %i slots', async (slots) => {
    const page = await fixture.open({ world: busyWorld(slots) }, '#/');
    await page
      .locator('.tile')
      .nth(slots - 1)
      .waitFor();
    expect(await missed(page)).toEqual([]);
  });

  it('hits them on a phone too', async () => {
    const phone = { viewport: { width: 390, height: 844 } };
    const page = await fixture.open({ world: busyWorld(64) }, '#/', phone);
    await page.locator('.tile').nth(63).waitFor();
    expect(await missed(page)).toEqual([]);
  });

  it('hits them on the first visit and where the station waits for a hand', async () => {
    const page = await fixture.open({ world: new FakeWorld() }, '#/');
    await page.getByRole('button', { name: 'Add four virtual boards' }).waitFor();
    expect(await missed(page)).toEqual([]);
    fixture.service.world.putStation({
      mode: 'paused',
      reason: { by: 'rule', code: 'LINK_TIMEOUT', count: 6 },
    });
    await goTo(page, '#/');
    await page.locator('.notice').first().waitFor();
    expect(await missed(page)).toEqual([]);
  });
});
