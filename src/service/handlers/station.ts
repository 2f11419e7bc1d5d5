// The station as a whole: settings, mode, batch, lessons, scans, and the other stations of the database.
import { hostname } from 'node:os';
import type { StationInfo } from '../contract/index.js';
import type { STATION_OPERATIONS } from '../contract/station.js';
import type { ServiceCore } from '../core.js';
import type { Call, HandlersOf } from '../http/operations.js';

type StationHandlers = HandlersOf<typeof STATION_OPERATIONS>;

export function stationHandlers(core: ServiceCore): StationHandlers {
  const { settings, line, view, labels, batches, printers } = core;
  const byOperator = (reason: string, { identity }: Call) =>
    ({ by: 'operator', text: reason === '' ? (identity?.name ?? '') : reason }) as const;
  return {
    getSettings: () => settings.get(),
    putSettings: async ({ body }) => {
      if (body.label !== undefined) await printers.get(body.label.printer);
      const saved = await settings.put(body);
      await view.heartbeat();
      return saved;
    },
    getStation: () => view.state,
    chooseBatch: async ({ body: { batch } }) => {
      if (batch !== undefined) await core.requireBatches().get(batch);
      await settings.useBatch(batch);
      // It waited for the batch before.
      const { mode } = line.station;
      if (mode.mode === 'paused' && mode.reason.by === 'batch') line.resume();
      await view.heartbeat();
      return view.state;
    },
    pauseStation: ({ body }, call) => {
      line.pause(byOperator(body.reason, call));
      return view.state;
    },
    resumeStation: () => {
      line.resume();
      return view.state;
    },
    haltStation: (_, call) => {
      line.halt(byOperator('', call));
      return view.state;
    },
    ...teachingHandlers(core),
    scanLabel: async ({ body: { code } }) => {
      const matched = labels.scan(code);
      return { matched, forNext: !matched && (await line.scan(code.trim())) };
    },
    listStations: async () => {
      if (batches === undefined) return { stations: [await ownStation(core)] };
      const stations = await batches.stations();
      return { stations: stations.map(({ station: name, ...rest }) => ({ name, ...rest })) };
    },
  };
}

function teachingHandlers({
  teaching,
  line,
  view,
  ports,
  slotFile,
}: ServiceCore): Pick<StationHandlers, 'beginTeaching' | 'endTeaching'> {
  return {
    beginTeaching: () => {
      line.requireIdle();
      teaching.begin();
      view.tell();
      return view.state;
    },
    endTeaching: async ({ body: { keep } }) => {
      line.requireIdle();
      const pins = teaching.end();
      if (keep && pins.length > 0) {
        await slotFile.write(pins);
        line.begin();
        ports.number(pins);
      }
      view.tell();
      return view.state;
    },
  };
}

async function ownStation({ settings, ports, line }: ServiceCore): Promise<StationInfo> {
  return {
    name: (await settings.get()).stationName,
    host: hostname(),
    mode: line.station.mode.mode,
    slots: ports.list().length,
    running: line.station.runningCount,
    seenAt: new Date().toISOString(),
    alive: true,
  };
}
