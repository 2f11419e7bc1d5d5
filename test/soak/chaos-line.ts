// The station under chaos, put together as `espmint station --batch` does: watcher, flow, batch, figures, signs of life.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseProfile } from '../../src/core/profile/parse.js';
import { connectBoard, watchPorts } from '../../src/driver/index.js';
import { buildPlan, provisionDevice, type ProvisionParts } from '../../src/provision/index.js';
import { SlotMap, Station, StationWork, type StationEvent } from '../../src/station/index.js';
import { openProduction, openRegistry, type Production, type Registry } from '../../src/registry/index.js';
import { Fixture } from './fixture.js';

const PROFILE = { name: 'chaos', version: 1 };
export const BATCH = 'WO';
export const STATION = 'chaos';
/** Boards come and go much faster here than hands could move them. */
const DEBOUNCE = { settleMs: 10, goneMs: 20, nativeGoneMs: 100 };
const INTERVAL_MS = 5;
const HEARTBEAT_MS = 2000;

export interface ChaosLine {
  readonly fixture: Fixture;
  readonly station: Station;
  readonly registry: Registry;
  readonly production: Production;
  close(): Promise<void>;
}

export interface ChaosLineOptions {
  readonly slots: number;
  readonly dataDir: string;
  readonly quantity: number;
  /** Shorter than a station's, for the boards that are slow or silent for ever. */
  readonly runTimeoutMs: number;
  readonly onEvent: (event: StationEvent) => void;
}

/** The caller closes it. */
export async function openChaosLine(options: ChaosLineOptions): Promise<ChaosLine> {
  const { slots, dataDir, quantity, runTimeoutMs } = options;
  const registry = await openRegistry({ dataDir });
  const production = await openProduction({ dataDir });
  await production.batches.create({ name: BATCH, profile: PROFILE, quantity }, STATION);
  const fixture = new Fixture(slots);
  const work = new StationWork(production);
  const admit = work.enter(BATCH, PROFILE, STATION);
  const text = `{name: ${PROFILE.name}, version: ${PROFILE.version}, caUrl: "https://ca.example.com"}`;
  const plan = await buildPlan(parseProfile(text, 'chaos'), {}, () =>
    Promise.reject(new Error('there is no secret')),
  );
  const parts: ProvisionParts = { registry, admit, connect: connector(fixture) };
  const at = { station: STATION, batch: BATCH };
  const pins = Array.from({ length: slots }, (_, index) => ({
    slot: index + 1,
    place: Fixture.placeOf(index),
  }));
  const station = new Station(
    {
      slots: new SlotMap(pins),
      run: ({ port }, events) => provisionDevice(port, plan, parts, events),
      onEvent: (event) => {
        if (event.type === 'ended') work.ended(event, at);
        if (event.type === 'station' && event.mode === 'paused') work.paused(event.reason, at);
        options.onEvent(event);
      },
    },
    { retryPauseMs: 5, runTimeoutMs },
  );
  const ending = new AbortController();
  const { signal } = ending;
  const watched = watchPorts({
    list: () => Promise.resolve(fixture.list()),
    accepts: () => true,
    onChange: (change) => station.portChanged(change),
    onFailure: () => undefined,
    signal,
    intervalMs: INTERVAL_MS,
    debounce: DEBOUNCE,
  });
  const heartbeats = (async () => {
    while (!signal.aborted) {
      await work.heartbeat(station, at);
      await sleep(HEARTBEAT_MS, undefined, { signal }).catch(() => undefined);
    }
  })();
  const close = async (): Promise<void> => {
    ending.abort();
    await station.stop();
    await Promise.all([watched, heartbeats]);
    await work.flush();
    await production.close();
    await registry.close();
  };
  return { fixture, station, registry, production, close };
}

function connector({ transport }: Fixture): ProvisionParts['connect'] {
  return async (address, { signal, baud }) => {
    const link = await transport.open(address, { baud: 115_200, timeoutMs: 500, signal });
    try {
      return await connectBoard(link, { signal, baud });
    } catch (error) {
      await link.close();
      throw error;
    }
  };
}
