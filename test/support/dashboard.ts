// Opens the dashboard in a browser as a test sees it: with everything noted that must never happen on a page.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const WAIT_MS = 10_000;

export interface Dashboard {
  readonly page: Page;
  /** What must stay empty: refused code or styles, exceptions, requests that leave the service. */
  readonly offences: string[];
  /** All that the service sent as text, for searching. */
  readonly bodies: string[];
  readonly close: () => Promise<void>;
}

/** In the page before anything else runs. */
const WATCH_POLICY = `addEventListener('securitypolicyviolation', (event) => {
  console.error('CSP ' + event.violatedDirective + ' ' + event.blockedURI);
});`;

export async function openDashboard(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Dashboard> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    acceptDownloads: true,
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const offences: string[] = [];
  const bodies: string[] = [];
  await page.addInitScript(WATCH_POLICY);
  page.on('pageerror', (error) => offences.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && message.text().includes('CSP')) offences.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL('/', url).href)) offences.push(`request to ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.headers()['content-type']?.includes('event-stream') === true) return;
    response.text().then(
      (text) => bodies.push(text),
      // A page that is closed takes its answers with it.
      () => undefined,
    );
  });
  await page.goto(url);
  return { page, offences, bodies, close: () => context.close() };
}

/** Goes to a place of the page without loading it anew. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
}

export const tile = (page: Page, slot: number) => page.locator(`[data-slot="${slot}"]`);

/** Waits until a tile says this word. */
export async function tileSays(page: Page, slot: number, word: string): Promise<void> {
  await tile(page, slot).locator('.tile-word', { hasText: word }).waitFor();
}
