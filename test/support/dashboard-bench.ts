// One browser for a group of tests, and for each test a fake service of its own with its page, on which nothing forbidden
// may have happened at the end.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterEach, beforeAll, expect } from 'vitest';
import { sharedBrowser } from './browser.js';
import { openDashboard, type Dashboard } from './dashboard.js';
import { startFakeService, type FakeOptions, type FakeService } from './fake-service/http.js';

export interface DashboardBench {
  /** Of this test. */
  readonly service: FakeService;
  readonly dashboard: Dashboard;
  /** Starts the service and goes to a place of its page: `#/devices`. */
  open(options: FakeOptions, hash?: string, browser?: BrowserContextOptions): Promise<Page>;
  /** Another service takes its place; the page stays. */
  restart(options: FakeOptions): Promise<void>;
}

/** To be called in a `describe`. */
export function dashboardBench(): DashboardBench {
  let browser: Browser;
  let service: FakeService;
  let dashboard: Dashboard;
  beforeAll(async () => {
    browser = await sharedBrowser();
  });
  afterEach(async () => {
    expect(dashboard.offences).toEqual([]);
    await dashboard.close();
    await service.close();
  });
  return {
    get service() {
      return service;
    },
    get dashboard() {
      return dashboard;
    },
    open: async (options, hash = '', context = {}) => {
      service = await startFakeService(options);
      dashboard = await openDashboard(browser, service.url + hash, context);
      return dashboard.page;
    },
    restart: async (options) => {
      service = await startFakeService(options);
    },
  };
}
