// All slots on one screen, at the sizes that lines have, in two languages; and scanners that type without a field.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/core/errors/index.js';
import { causes } from '../../src/web/i18n/en/causes.js';
import { de } from '../../src/web/i18n/languages/de.js';
import { es } from '../../src/web/i18n/languages/es.js';
import { vi } from '../../src/web/i18n/languages/vi.js';
import { zh } from '../../src/web/i18n/languages/zh.js';
import { remedyOf, runSentenceOf, SENTENCE_OF } from '../../src/web/i18n/sentences.js';
import { browserAvailable } from '../support/browser.js';
import { dashboardBench } from '../support/dashboard-bench.js';
import { tile, tileSays } from '../support/dashboard.js';
import { fleetWorld } from '../support/fake-service/samples-fleet.js';
import { busyWorld, sampleProfile } from '../support/fake-service/samples.js';
import { FakeWorld } from '../support/fake-service/world.js';

/** Where each tile is, and what of it does not fit. */
const MEASURE = `[...document.querySelectorAll('.tile')].map((tile) => {
  const box = tile.getBoundingClientRect();
  const word = tile.querySelector('.tile-word').getBoundingClientRect();
  const slot = tile.querySelector('.tile-slot');
  return {
    slot: Number(tile.dataset.slot),
    top: box.top, bottom: box.bottom, right: box.right, height: box.height,
    wordFits: word.right <= box.right + 1 && word.bottom <= box.bottom + 1,
    slotPx: parseFloat(getComputedStyle(slot).fontSize),
    isResult: tile.matches('.passed, .failed'),
    wordPx: parseFloat(getComputedStyle(tile.querySelector('.tile-word')).fontSize),
    hiddenPx: Math.max(0, ...[...tile.querySelectorAll('.tile-do')].map((text) => text.scrollHeight - text.clientHeight)),
    wordLines: Math.round(word.height / parseFloat(getComputedStyle(tile.querySelector('.tile-state')).lineHeight)),
  };
})`;
interface Measured {
  readonly slot: number;
  readonly top: number;
  readonly bottom: number;
  readonly right: number;
  readonly height: number;
  readonly wordFits: boolean;
  readonly slotPx: number;
  readonly isResult: boolean;
  readonly wordPx: number;
  /** Of the sentence that says what to do. */
  readonly hiddenPx: number;
  readonly wordLines: number;
}

const WORDS = { 'en-GB': causes, 'de-DE': de, 'vi-VN': vi, 'es-ES': es, 'zh-CN': zh };
type Locale = keyof typeof WORDS;

/** Codes that end runs whose sentence has the most letters. */
function longestCodes(locale: Locale): readonly ErrorCode[] {
  const codes = Object.keys(SENTENCE_OF).filter((code) =>
    /^(CHIP|FLASH|LINK|LABEL|DEVICE|BOARD|WPS)_/.test(code),
  );
  const letters = (code: ErrorCode): number => {
    const sentence = runSentenceOf(code);
    return `${WORDS[locale][`cause.${sentence}`]}${WORDS[locale][`do.${remedyOf(sentence)}`]}`.length;
  };
  return (codes as ErrorCode[]).sort((a, b) => letters(b) - letters(a)).slice(0, 4);
}

/** A busy line with one of everything, and a notice above it; its failures are those with the longest sentences. */
function line(count: number, locale: Locale): FakeWorld {
  const world = busyWorld(count);
  const codes = longestCodes(locale);
  for (const port of [...world.ports.values()]) {
    const { job, slot } = port;
    if (job?.failure === undefined) continue;
    const code = codes[slot % codes.length] ?? job.failure.code;
    world.putPort({ ...port, job: { ...job, failure: { ...job.failure, code } } });
  }
  const [first, second] = [...world.ports.values()];
  if (first?.job !== undefined) world.putPort({ ...first, job: { ...first.job, state: 'cancelled' } });
  if (second?.job !== undefined) {
    world.putPort({ ...second, waiting: 'clear', held: { code: 'CHIP_NO_ANSWER', count: 3 } });
  }
  world.station = { mode: 'paused', reason: { by: 'rule', code: 'LINK_TIMEOUT', count: 6 } };
  return world;
}

describe.skipIf(!(await browserAvailable()))('the tiles of a station', () => {
  const fixture = dashboardBench();

  describe.each([
    [32, ['1366 × 768', '1920 × 1080']],
    [24, ['1920 × 1080']],
    [16, ['1024 × 768']],
    [8, ['1366 × 768', '1920 × 1080']],
    [4, ['1024 × 768']],
  ])('show %i slots whole', (count, screens) => {
    it.each(['en-GB', 'de-DE', 'vi-VN'] as const)('in %s', async (locale) => {
      const page = await fixture.open({ world: line(count, locale), pace: { stageMs: 5 } }, '', { locale });
      await tile(page, count).waitFor();
      await page.locator('.notice').first().waitFor();
      await expect.poll(async () => (await page.evaluate<Measured[]>(MEASURE)).length).toBe(count);
      for (const screen of screens) {
        const [width = 0, height = 0] = screen.split(' × ').map(Number);
        await page.setViewportSize({ width, height });
        await page.waitForTimeout(300);
        checkTiles(await page.evaluate<Measured[]>(MEASURE), { width, height });
        const bar = await page.locator('.station-bar').boundingBox();
        expect(bar?.y).toBe(0);
      }
    });
  });
});

function checkTiles(measured: readonly Measured[], screen: { width: number; height: number }): void {
  const count = measured.length;
  for (const {
    slot,
    top,
    bottom,
    right,
    wordFits,
    slotPx,
    isResult,
    wordPx,
    hiddenPx,
    wordLines,
  } of measured) {
    const isInside = [top >= 0, bottom <= screen.height, right <= screen.width];
    expect([screen, slot, ...isInside]).toEqual([screen, slot, true, true, true]);
    expect([slot, wordFits, wordLines]).toEqual([slot, true, 1]);
    expect(slotPx).toBeGreaterThanOrEqual(32);
    // Read from two metres away: no word is as small as the text of a form.
    if (isResult) expect([slot, wordPx >= (count > 8 ? 18 : 32)]).toEqual([slot, true]);
    // Less than half a line: no more than the room below its last letters.
    expect([slot, hiddenPx <= 6 ? 0 : hiddenPx]).toEqual([slot, 0]);
  }
  const heights = measured.map((one) => Math.round(one.height));
  expect(Math.max(...heights) - Math.min(...heights)).toBeLessThanOrEqual(1);
}

/** Everything that can stand between the bar and the tiles at once. */
function crowded(locale: Locale): FakeWorld {
  const world = line(32, locale);
  world.station = {
    ...world.station,
    teaching: [{ slot: 1, place: '1-4.1' }],
    batchProblem: { code: 'REGISTRY_UNREACHABLE', message: 'The registry does not answer; check it.' },
  };
  const scanning = [...world.ports.values()].find(({ slot }) => slot === 10);
  if (scanning?.job !== undefined) world.putPort({ ...scanning, job: { ...scanning.job, scanning: true } });
  return world;
}

/** Sentences of which a part is hidden: none but the cause of a failure, and that as a whole. */
const CUT = `[...document.querySelectorAll('.tile-do')]
  .filter((text) => text.scrollHeight - text.clientHeight > 6).map((text) => text.textContent)`;
const CUT_NAMES = `[...document.querySelectorAll('.tile-facts > .mono')]
  .filter((name) => name.scrollWidth > name.clientWidth).map((name) => name.textContent)`;

describe.skipIf(!(await browserAvailable()))('the bar above the tiles', () => {
  const fixture = dashboardBench();
  it.each(['en-GB', 'de-DE', 'es-ES', 'vi-VN', 'zh-CN'] as const)(
    'is one line at 1366 × 768, and what to do stays whole below every notice, in %s',
    async (locale) => {
      const context = { viewport: { width: 1366, height: 768 }, locale };
      const page = await fixture.open({ world: crowded(locale) }, '', context);
      await tile(page, 32).waitFor();
      await page.locator('.batch').waitFor();
      const bar = await page.locator('.station-bar').boundingBox();
      expect(bar?.height).toBeLessThan(64);
      // Nothing of it is pushed out of the window.
      const end = await page.locator('.start-all').boundingBox();
      expect((end?.x ?? 0) + (end?.width ?? 0)).toBeLessThanOrEqual(1366);
      expect(await page.locator('.notice').count()).toBe(4);
      await expect.poll(() => page.evaluate(CUT)).toEqual([]);
      await page.setViewportSize({ width: 1920, height: 1080 });
      await expect.poll(() => page.evaluate(CUT_NAMES)).toEqual([]);
    },
  );
});

describe.skipIf(!(await browserAvailable()))('a page that comes in', () => {
  const fixture = dashboardBench();
  it.each(['#/batches', '#/settings?tab=pushes'])('moves nothing that is there: %s', async (hash) => {
    const world = fleetWorld(8);
    const page = await fixture.open({ world }, '#/nowhere', { viewport: { width: 390, height: 844 } });
    await page.addInitScript(`window.moved = 0;
      new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (window.moved += value)))
        .observe({ type: 'layout-shift', buffered: true });`);
    await page.goto(fixture.service.url + hash);
    await page.reload();
    await page.locator('.tile, .table').first().waitFor();
    await page.waitForTimeout(500);
    expect(await page.evaluate<number>('window.moved')).toBeLessThan(0.1);
  });
});

/** As fast as a scanner. */
async function scan(page: Page, code: string, end = 'Enter'): Promise<void> {
  await page.evaluate(
    `for (const key of [...${JSON.stringify(code)}, ...${JSON.stringify(end === '' ? [] : [end])}])
      (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))`,
  );
}

describe.skipIf(!(await browserAvailable()))('a scanner without a field', () => {
  const fixture = dashboardBench();
  const open = async (boards: number): Promise<{ world: FakeWorld; page: Page }> => {
    const world = new FakeWorld();
    world.profiles.push(sampleProfile());
    world.addVirtualPorts(boards);
    const page = await fixture.open({ world, pace: { stageMs: 5 } });
    await tileSays(page, boards, 'Ready');
    return { world, page };
  };

  it('starts no board and goes to no page, whatever ends its code', async () => {
    const { world, page } = await open(12);
    for (const [index, end] of ['Enter', 'Tab', ''].entries()) {
      const code = `12gd?/g${index}`;
      await scan(page, code, end);
      await page.getByText(`Scanned "${code}"`).waitFor();
      expect(world.jobs).toEqual([]);
      expect(await page.locator('dialog[open]').count()).toBe(0);
      expect(new URL(page.url()).hash).toBe('');
    }
  });

  it('presses no button that has the focus', async () => {
    const { world, page } = await open(2);
    await page.getByRole('button', { name: 'Start 2' }).focus();
    await scan(page, 'ZC-0001');
    await page.getByText('Scanned "ZC-0001"').waitFor();
    expect(world.jobs).toEqual([]);
  });

  it('is heard by the unit that waits for it, wherever the focus is', async () => {
    const { world, page } = await open(2);
    await page.getByRole('button', { name: 'Start, Slot 1' }).click();
    await tileSays(page, 1, 'PASS');
    const [job] = world.jobs;
    if (job === undefined) throw new Error('no job');
    world.putJob({ ...job, state: 'running', scanning: true, uuid: 'code-of-1' });
    await tileSays(page, 1, 'Scan');
    await page.evaluate('document.activeElement.blur()');
    await scan(page, 'code-of-1');
    await tileSays(page, 1, 'PASS');
  });

  it('names the row of a list for the next board, where the product says so', async () => {
    const { world, page } = await open(2);
    world.nextCodes = [];
    await scan(page, 'BOX-2');
    await page.getByText('"BOX-2" is for the next board. Plug it in.').waitFor();
    expect([world.nextCodes, world.jobs]).toEqual([['BOX-2'], []]);
  });

  it('leaves the keys of a person as they are', async () => {
    const { page } = await open(12);
    await page.keyboard.press('1');
    await page.keyboard.press('2');
    await page.locator('[data-slot="12"][aria-current=true]').waitFor();
    await page.keyboard.press('Enter');
    await tileSays(page, 12, 'PASS');
  });
});
