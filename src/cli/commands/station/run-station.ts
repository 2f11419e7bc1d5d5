// The parts of a running station, put together: ports, flow, batch, figures, operator and screen.
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, EspmintError, toEspmintError } from '../../../core/errors/index.js';
import type { Profile } from '../../../core/profile/schema.js';
import {
  BatchDoor,
  provisionDevice,
  RunLog,
  SlotMap,
  Station,
  type Admit,
  type EndedRun,
  type StationEvent,
  type StationSettings,
} from '../../../provision/index.js';
import type { Batch, Production } from '../../../registry/index.js';
import { composeProduction } from '../../compose-production.js';
import { composeParts, dataDirOf, type RegistryChoice } from '../../compose.js';
import type { CliIo, GlobalOptions } from '../../io.js';
import { createStationReporter, type StationReporter } from '../../output/station-reporter.js';
import { loadProfile, planFromFlags, type PlanFlags } from '../../plan.js';
import { listenToOperator, OPERATOR_HELP } from './operator.js';
import { readPins } from './pins.js';
import { stationPorts, type PortOptions } from './ports.js';

export interface StationOptions
  extends PortOptions, RegistryChoice, Pick<PlanFlags, 'profile' | 'caUrl' | 'known'> {
  readonly batch?: string;
  readonly name?: string;
  readonly start: 'auto' | 'key';
  readonly maxRunning?: number;
  readonly retries?: number;
  readonly stopSlot?: number;
  readonly stopBatch?: number;
  readonly untilFull?: boolean;
  readonly json?: boolean;
}

const HEARTBEAT_MS = 10_000;

/** Everything that ends with the station, in the order of opening. */
type Closer = () => Promise<void> | void;

export async function runStation(io: CliIo, options: StationOptions & GlobalOptions): Promise<void> {
  const closers: Closer[] = [];
  try {
    await run(io, options, closers);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function run(io: CliIo, options: StationOptions & GlobalOptions, closers: Closer[]): Promise<void> {
  const name = options.name ?? hostname();
  const profile = await loadProfile(options.profile);
  const ports = stationPorts(io, options);
  const pins = await readPins(dataDirOf(io, options));
  const work = await openWork(io, options, { name, profile }, closers);
  const plan = await planFromFlags({ ...options, ...planOf(work?.batch) }, io.env);
  const parts = await composeParts(io, options);
  closers.push(() => parts.close());
  const reporter = createStationReporter(io, { json: options.json === true, name });
  const admit = work?.admit;
  const watching = new AbortController();
  const station = new Station(
    {
      slots: new SlotMap(pins),
      run: ({ port }, events) =>
        ports.whileBusy(port, () => provisionDevice(port, plan, { ...parts, admit }, events)),
      onEvent: (event) => onEvent(event, { reporter, work }),
    },
    settingsOf(options),
  );
  if (options.json !== true) reporter.note(OPERATOR_HELP);
  const operator = operate(io, station, reporter);
  const ended = work?.beat({ station, reporter, untilFull: options.untilFull === true }, watching);
  io.signal.addEventListener('abort', () => watching.abort(), { once: true });
  if (io.signal.aborted) watching.abort();
  void operator.left.then(() => watching.abort());
  try {
    await ports.watch((change) => station.portChanged(change), watching.signal);
    await (operator.wantsStop() ? station.stop() : station.drain());
    await ended;
    await work?.log.flush();
  } finally {
    operator.close();
    reporter.finish();
  }
  io.setExitCode(EXIT.ok);
}

function settingsOf(options: StationOptions): Partial<StationSettings> {
  const { maxRunning, retries, stopSlot = 3, stopBatch = 6 } = options;
  return {
    autoStart: options.start === 'auto',
    ...(maxRunning === undefined ? {} : { maxRunning: Math.max(1, maxRunning) }),
    ...(retries === undefined ? {} : { retries }),
    stopAfter: { onSlot: stopSlot, onStation: stopBatch },
  };
}

/** What the batch says of its boards wins over the profile. */
function planOf(batch: Batch | undefined): Partial<PlanFlags> {
  if (batch === undefined) return {};
  const { firmwareVersion, hardwareRevision, location } = batch;
  const said = Object.entries({ firmwareVersion, hardwareRevision, location });
  return Object.fromEntries(said.filter(([, value]) => value !== undefined));
}

interface Work {
  readonly batch: Batch | undefined;
  readonly admit: Admit | undefined;
  readonly log: RunLog;
  ended(run: EndedRun): void;
  paused(event: Extract<StationEvent, { mode: 'paused' }>): void;
  /** Tells the database of this station until it ends; resolves then. */
  beat(
    shown: { station: Station; reporter: StationReporter; untilFull: boolean },
    ending: AbortController,
  ): Promise<void>;
}

/** The batch and the figures; a station without a database has neither. */
async function openWork(
  io: CliIo,
  options: StationOptions & GlobalOptions,
  { name, profile }: { name: string; profile: Profile },
  closers: Closer[],
): Promise<Work | undefined> {
  if (options.registry === 'none') {
    if (options.batch === undefined) return undefined;
    const hint = 'leave --registry none out';
    throw new EspmintError('INPUT_INVALID', { field: '--batch', reason: 'needs a database', hint });
  }
  const production = await composeProduction(io, options);
  closers.push(() => production.close());
  const batch = options.batch === undefined ? undefined : await production.batches.get(options.batch);
  return makeWork(production, batch, { name, profile });
}

function makeWork(
  { batches, runs }: Production,
  batch: Batch | undefined,
  { name, profile }: { name: string; profile: Profile },
): Work {
  const door =
    batch === undefined ? undefined : new BatchDoor({ batches, batch: batch.name, station: name, profile });
  const log = new RunLog({ runs, station: name, batch: batch?.name });
  return {
    batch,
    admit: door?.admit,
    log,
    ended: (run) => log.add(run),
    paused: ({ reason }) => {
      if (batch === undefined || reason.by !== 'rule') return;
      const why = `${reason.count} times ${reason.code} in a row on ${name}`;
      // An outage is no reason to stop here: the station itself is paused already.
      batches.setState(batch.name, 'paused', why, name).catch(() => undefined);
    },
    beat: async ({ station, reporter, untilFull }, ending) => {
      while (!ending.signal.aborted) {
        try {
          const { slots, runningCount: running } = station;
          const claims = door?.liveClaims ?? [];
          const beat = {
            station: name,
            host: hostname(),
            mode: station.mode.mode,
            slots: slots.size,
            running,
            claims,
          };
          await batches.heartbeat({ ...beat, batch: batch?.name });
          await log.flush();
          if (batch !== undefined) {
            const now = await batches.get(batch.name);
            reporter.batch(now);
            const { mode } = station;
            const waitsForBatch = mode.mode === 'paused' && mode.reason.by === 'batch';
            if (waitsForBatch && now.state === 'open' && now.counts.open > 0) station.resume();
            if (untilFull && now.counts.passed >= now.quantity) ending.abort();
          }
        } catch (error) {
          reporter.note(toEspmintError(error).message);
        }
        const pauseMs = untilFull ? Math.min(HEARTBEAT_MS, 1000) : HEARTBEAT_MS;
        await sleep(pauseMs, undefined, { signal: ending.signal }).catch(() => undefined);
      }
    },
  };
}

function onEvent(
  event: StationEvent,
  { reporter, work }: { reporter: StationReporter; work: Work | undefined },
): void {
  reporter.event(event);
  if (event.type === 'ended') work?.ended(event);
  if (event.type === 'station' && event.mode === 'paused') work?.paused(event);
}

/** The operator's lines; `left` resolves when the station is to end. */
function operate(
  io: CliIo,
  station: Station,
  reporter: StationReporter,
): { left: Promise<void>; wantsStop: () => boolean; close: () => void } {
  let stopping = false;
  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  const listener = listenToOperator(io, {
    start: (slot) => {
      const waiting = [...station.slots].flatMap(([number, state]) =>
        state.state === 'waiting' && state.for === 'start' ? [number] : [],
      );
      const started = (slot === undefined ? waiting : [slot]).filter((number) => station.start(number));
      if (started.length === 0)
        reporter.note(slot === undefined ? 'No board waits.' : `Slot ${slot} has no board to start.`);
    },
    pause: () => station.pause({ by: 'operator', text: '' }),
    resume: () => station.resume(),
    drain: () => leave(),
    stop: () => {
      stopping = true;
      leave();
    },
    scan: (code) => reporter.note(`"${code}" is no command. ${OPERATOR_HELP}`),
  });
  return { left, wantsStop: () => stopping, close: () => listener.close() };
}
