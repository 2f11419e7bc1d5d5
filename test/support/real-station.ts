// The real service with virtual boards and its page in a browser: what a person at a station meets, without hardware.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterEach, beforeAll, expect } from 'vitest';
import { createVirtualBench, type VirtualBench } from '../../src/cli/compose/virtual-bench.js';
import { connectBoard, openLink } from '../../src/driver/index.js';
import { openKeyFile } from '../../src/registry/index.js';
import { createLog, startService, type ServiceParts } from '../../src/service/index.js';
import { INSTANT } from '../../src/virtual/index.js';
import { HOST_AIR } from '../../src/wifi/index.js';
import { sharedBrowser } from './browser.js';
import { openDashboard, type Dashboard } from './dashboard.js';
import { ROOT } from './reference-tools.js';

export interface RealStation {
  readonly page: Page;
  readonly url: string;
  readonly dataDir: string;
  readonly boards: VirtualBench;
  /** Calls the service as the page does. */
  call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
}

export interface RealStationOptions {
  readonly parts?: (parts: ServiceParts) => ServiceParts;
  readonly context?: BrowserContextOptions;
  readonly hash?: string;
}

/** To be called in a `describe`; each test opens a station of its own. */
export function realStations(): (options?: RealStationOptions) => Promise<RealStation> {
  let browser: Browser;
  const ends: (() => Promise<unknown>)[] = [];
  let dashboard: Dashboard | undefined;
  beforeAll(async () => {
    browser = await sharedBrowser();
  });
  afterEach(async () => {
    const offences = dashboard?.offences;
    for (const end of ends.splice(0).reverse()) await end();
    expect(offences).toEqual([]);
  });
  return async ({ parts = (same: ServiceParts) => same, context = {}, hash = '' } = {}) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'espmint-station-'));
    ends.push(() => rm(dataDir, { recursive: true, force: true }));
    const registry = await openKeyFile(join(dataDir, 'keys.jsonl'));
    ends.push(() => registry.close());
    const boards = createVirtualBench(INSTANT);
    ends.push(() => Promise.resolve(boards.close()));
    const own: ServiceParts = {
      registry,
      airOf: (port) => boards.airOf(port) ?? HOST_AIR,
      connect: async (port, options) => {
        const link = await boards.transport.open(port, {
          baud: 115_200,
          timeoutMs: 5000,
          signal: options.signal,
        });
        try {
          return await connectBoard(link, options);
        } catch (error) {
          await link.close();
          throw error;
        }
      },
      openBoard: (port, signal) => boards.transport.open(port, { baud: 115_200, timeoutMs: 5000, signal }),
      openPrinter: (address) => openLink(address),
      listPorts: () => Promise.resolve([]),
      virtualBoards: boards,
      probeRegistry: () => Promise.resolve(),
      env: {},
      log: createLog('silent', () => undefined),
    };
    const service = await startService(parts(own), {
      version: '0.0.0-test',
      dataDir,
      webDir: join(ROOT, 'dist/web'),
      port: 0,
      portIntervalMs: 50,
      patienceMs: 100,
    });
    ends.push(() => service.close());
    const call = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
      const response = await fetch(`${service.url}/api/v1${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = (await response.json()) as Record<string, unknown>;
      if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
      return answer;
    };
    const opened = await openDashboard(browser, `${service.url}/${hash}`, context);
    dashboard = opened;
    ends.push(() => opened.close());
    return { page: opened.page, url: service.url, dataDir, boards, call };
  };
}
