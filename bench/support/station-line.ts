// A station as `espmint station --batch` composes it, whose slots a benchmark fills with boards round by round.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as ProfileModule from '../../src/core/profile/parse.js';
import type { ProvisionResult } from '../../src/core/stages.js';
import type * as DriverModule from '../../src/driver/index.js';
import type * as ProvisionModule from '../../src/provision/index.js';
import type * as StationModule from '../../src/station/index.js';
import type * as RegistryModule from '../../src/registry/index.js';
import { ROOT } from '../../test/support/reference-tools.js';

// The built package, whole: the registry reads its migrations beside its own files, and all parts must share one class
// of errors.
const built = async <T>(path: string): Promise<T> => (await import(`${ROOT}dist/${path}`)) as T;

export interface Round {
  readonly results: readonly ProvisionResult[];
  /** From plugging all in to the last result. */
  readonly wallMs: number;
}

export interface StationLine {
  /** Plugs a board into each slot, takes out what is there, and waits for all results. */
  run(urls: readonly string[]): Promise<Round>;
  close(): Promise<void>;
}

const PROFILE = { name: 'bench', version: 1 };
const STATION = 'bench';

export async function openStationLine(): Promise<StationLine> {
  const { openRegistry, openProduction } = await built<typeof RegistryModule>('registry/index.js');
  const station = await built<typeof StationModule>('station/index.js');
  const dataDir = mkdtempSync(join(tmpdir(), 'espmint-bench-station-'));
  const registry = await openRegistry({ dataDir });
  const production = await openProduction({ dataDir });
  const close = async (): Promise<void> => {
    await production.close();
    await registry.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    const { batches, runs } = production;
    await batches.create({ name: 'WO', profile: PROFILE, quantity: 1_000_000 }, STATION);
    const admission = new station.BatchAdmission({
      batches,
      batch: 'WO',
      station: STATION,
      profile: PROFILE,
    });
    const log = new station.RunLog({ runs, station: STATION, batch: 'WO' });
    const connect = await makeConnect();
    return { run: await makeRounds(station, { connect, registry, admit: admission.admit }, log), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function makeConnect(): Promise<ProvisionModule.ProvisionParts['connect']> {
  const { openLink, connectBoard } = await built<typeof DriverModule>('driver/index.js');
  return async (port, { signal, baud }) => {
    const link = await openLink(port, { signal });
    try {
      return await connectBoard(link, { signal, baud });
    } catch (error) {
      await link.close();
      throw error;
    }
  };
}

async function makeRounds(
  { Station }: typeof StationModule,
  parts: ProvisionModule.ProvisionParts,
  log: StationModule.RunLog,
): Promise<StationLine['run']> {
  const { buildPlan, provisionDevice } = await built<typeof ProvisionModule>('provision/index.js');
  const { parseProfile } = await built<typeof ProfileModule>('core/profile/parse.js');
  const profile = parseProfile(
    `{name: ${PROFILE.name}, version: ${PROFILE.version}, caUrl: "https://ca.example.com"}`,
    'bench',
  );
  const plan = await buildPlan(profile, {}, () => Promise.reject(new Error('there is no secret')));
  let results: ProvisionResult[] = [];
  let onResult: () => void = () => undefined;
  const onEvent = (event: StationModule.StationEvent): void => {
    if (event.type !== 'ended') return;
    log.add(event);
    results.push(event.result);
    onResult();
  };
  const station = new Station(
    { run: ({ port }, options) => provisionDevice(port, plan, parts, options), onEvent },
    { stopAfter: { onSlot: 0, onStation: 0 }, retries: 0 },
  );
  const tell = (type: 'arrived' | 'departed', slot: number, path: string): void => {
    station.portChanged({ type, place: `1-${slot}`, port: { path, isNativeUsb: false } });
  };
  return async (urls) => {
    results = [];
    const started = performance.now();
    await new Promise<void>((resolve) => {
      onResult = () => {
        if (results.length === urls.length) resolve();
      };
      for (const [slot, url] of urls.entries()) tell('arrived', slot, url);
    });
    const wallMs = performance.now() - started;
    for (const [slot, url] of urls.entries()) tell('departed', slot, url);
    await log.flush();
    return { results, wallMs };
  };
}
