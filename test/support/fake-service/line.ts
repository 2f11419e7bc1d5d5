// Answers of the fake service about the line: the station as a whole, batches, figures, printers.
import type { BatchInfo } from '../../../src/service/contract/index.js';
import { Refusal, type Handlers } from './refusal.js';
import { figuresOfWorld, todayOf } from './reports.js';
import type { FakeWorld } from './world.js';

const done = { ok: true } as const;

export function line(world: FakeWorld): Handlers {
  return { ...station(world), ...batches(world), ...figures(world), ...printers(world) };
}

function withProfile({ settings, profiles: [first] }: FakeWorld): FakeWorld['settings'] {
  if (settings.profile !== undefined || first === undefined) return settings;
  return { ...settings, profile: { name: first.name, version: 0 } };
}

function station(world: FakeWorld): Handlers {
  return {
    // As in the service: the first product is the one that the station makes.
    getSettings: () => withProfile(world),
    putSettings: ({ body }) => {
      world.settings = body;
      world.emit({ type: 'settings', settings: body });
      return body;
    },
    getStation: () => world.stationState,
    chooseBatch: ({ body: { batch } }) => {
      world.settings = { ...world.settings, batch };
      world.emit({ type: 'settings', settings: world.settings });
      return world.putStation({});
    },
    pauseStation: (_, { user }) =>
      world.putStation({ mode: 'paused', reason: { by: 'operator', text: user?.name ?? 'local' } }),
    resumeStation: () => world.putStation({ mode: 'running', reason: undefined }),
    haltStation: () => world.putStation({ mode: 'paused', reason: { by: 'operator', text: 'local' } }),
    beginTeaching: () => world.putStation({ teaching: [] }),
    endTeaching: () => world.putStation({ teaching: undefined }),
    scanLabel: ({ body: { code } }) => {
      const job = world.jobs.find(({ scanning, uuid }) => scanning === true && uuid === code);
      if (job !== undefined) world.putJob({ ...job, scanning: false, state: 'passed' });
      const kept = job === undefined ? world.nextCodes : undefined;
      kept?.push(code);
      return { matched: job !== undefined, forNext: kept !== undefined };
    },
    listStations: () => ({
      stations: [
        {
          name: world.settings.stationName,
          host: 'bench-1',
          ...(world.settings.batch === undefined ? {} : { batch: world.settings.batch }),
          mode: world.station.mode,
          slots: world.ports.size,
          running: world.stationState.running,
          seenAt: new Date().toISOString(),
          alive: true,
        },
      ],
    }),
  };
}

function batches(world: FakeWorld): Handlers {
  const find = (name: string): BatchInfo => {
    const found = world.batches.find((batch) => batch.name === name);
    if (found === undefined) throw new Refusal(404, 'BATCH_UNKNOWN', `There is no batch "${name}".`);
    return found;
  };
  return {
    listBatches: () => ({ batches: world.batches }),
    createBatch: ({ body }, { user }) =>
      world.putBatch({
        ...body,
        profile: { name: body.profile.name, version: body.profile.version ?? 7 },
        state: 'open',
        reason: '',
        createdAt: new Date().toISOString(),
        createdBy: user?.name ?? 'local',
        counts: { passed: 0, reworked: 0, failed: 0, inWork: 0, open: body.quantity },
      }),
    getBatch: ({ params }) => find(params.name),
    listUnits: ({ params }) => {
      find(params.name);
      return { units: world.units };
    },
    setBatchState: ({ params, body: { state, reason } }) =>
      world.putBatch({ ...find(params.name), state, reason }),
    setBatchQuantity: ({ params, body: { quantity } }) => {
      const batch = find(params.name);
      const more = quantity - batch.quantity;
      return world.putBatch({
        ...batch,
        quantity,
        counts: { ...batch.counts, open: batch.counts.open + more },
      });
    },
    importIdentifiers: ({ body: { csv } }) => ({ count: csv.trim().split('\n').length - 1 }),
    signBatch: ({ params }, { user }) => {
      world.putBatch({ ...find(params.name), state: 'closed' });
      return { digest: 'ab'.repeat(32), by: user?.name ?? 'local' };
    },
    batchReport: ({ params }) => JSON.stringify(find(params.name)),
  };
}

function figures(world: FakeWorld): Handlers {
  return {
    today: () => world.today ?? todayOf(world),
    stats: ({ query: { by } }) => {
      const { hours } = world.today ?? todayOf(world);
      const all = figuresOfWorld(world);
      const groups = by === undefined ? [] : [{ group: world.settings.stationName, figures: all }];
      return { groups: [{ group: 'all', figures: all }, ...groups], hours };
    },
    exportStats: () => 'group,runs\r\n',
  };
}

function printers(world: FakeWorld): Handlers {
  return {
    listPrinters: () => ({ printers: world.printers }),
    putPrinter: ({ params: { name }, body }) => {
      const printer = { ...body, name };
      const index = world.printers.findIndex((other) => other.name === name);
      if (index === -1) world.printers.push(printer);
      else world.printers[index] = printer;
      return printer;
    },
    removePrinter: ({ params: { name } }) => {
      world.printers.splice(
        world.printers.findIndex((printer) => printer.name === name),
        1,
      );
      return done;
    },
    testPrinter: ({ params: { name } }) => {
      if (world.printerTrouble === undefined) return done;
      const message = `The label printer ${name} did not take the label (${world.printerTrouble}); look at it.`;
      throw new Refusal(502, 'PRINTER_FAILED', message);
    },
  };
}
