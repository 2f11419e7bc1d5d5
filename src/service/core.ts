// The service without HTTP: its state, its station and its ports, put together from the parts that it is given.
import { EspmintError, toEspmintError } from '../core/errors/index.js';
import { StationWork } from '../station/index.js';
import { Gatekeeper } from './access/gatekeeper.js';
import { People } from './access/people.js';
import { Sessions } from './access/sessions.js';
import type { Job, LiveEvent, Settings } from './contract/index.js';
import { isLoopback } from './http/sites.js';
import { JobStore } from './jobs/job-store.js';
import { Journal } from './jobs/journal.js';
import { StationLabels } from './labels/labelling.js';
import { Printers } from './labels/printers.js';
import { EventHub } from './live/event-hub.js';
import { logEvents } from './live/log-events.js';
import type { Metrics } from './metrics/metrics.js';
import { DEFAULT_HOST, type ServiceOptions } from './options.js';
import type { ServiceParts } from './parts.js';
import { SlotFile } from './ports/slot-file.js';
import { StationPorts } from './ports/station-ports.js';
import { FileProfileStore, type ProfileStore } from './profiles/profile-store.js';
import { Secrets } from './profiles/secrets.js';
import { repeatEvery } from './repeat.js';
import { Line } from './station/line.js';
import { MemoryRuns } from './station/memory-runs.js';
import { Orders } from './station/orders.js';
import { RegistryWatch } from './station/registry-watch.js';
import { StationSettings } from './station/station-settings.js';
import { StationView } from './station/station-view.js';
import { TeachingSession } from './station/teaching.js';
import type { Batches, Runs } from '../registry/index.js';

const PORT_INTERVAL_MS = 300;
const REGISTRY_INTERVAL_MS = 10_000;
const HEARTBEAT_MS = 10_000;
const PATIENCE_MS = 20_000;

export interface ServiceCore {
  readonly parts: ServiceParts;
  readonly options: ServiceOptions;
  readonly hub: EventHub;
  readonly people: People;
  readonly sessions: Sessions;
  readonly gate: Gatekeeper;
  readonly settings: StationSettings;
  readonly profiles: ProfileStore;
  readonly secrets: Secrets;
  readonly jobs: JobStore;
  readonly orders: Orders;
  readonly ports: StationPorts;
  readonly line: Line;
  readonly view: StationView;
  readonly registryWatch: RegistryWatch;
  /** Loaded with the first run that ends, or by who reads them: no start waits for the client of Prometheus. */
  readonly metrics: () => Promise<Metrics>;
  readonly teaching: TeachingSession;
  readonly slotFile: SlotFile;
  readonly printers: Printers;
  readonly labels: StationLabels;
  /** Of the database; without one, of this process. */
  readonly runs: Runs;
  readonly batches: Batches | undefined;
  /** @throws DATABASE_MISSING */
  readonly requireBatches: () => Batches;
  /** True from the moment it was asked to stop. */
  isStopping(): boolean;
  /** Takes over what was left, and begins to watch ports and registry. */
  start(): Promise<void>;
  /** Lets running boards finish or stop at a safe point. */
  stop(): Promise<void>;
}

/** What needs the database, and is absent without one. @throws DATABASE_MISSING */
export function needDatabase<T>(part: T | undefined, what: string): T {
  if (part === undefined) throw new EspmintError('DATABASE_MISSING', { what });
  return part;
}

export function createCore(parts: ServiceParts, options: ServiceOptions): ServiceCore {
  const { dataDir, host = DEFAULT_HOST } = options;
  const hub = new EventHub();
  const tell = logEvents(parts.log);
  const publishOnly = (event: LiveEvent): void => {
    tell(event);
    hub.publish(event);
  };
  const registryWatch = new RegistryWatch(parts.registry, publishOnly);
  const publish = (event: LiveEvent): void => {
    publishOnly(event);
    registryWatch.heard(event);
    if (event.type === 'job' && event.job.state !== 'running')
      void metrics().then((counted) => counted.heard(event.job), warn);
  };
  const people = new People(dataDir);
  const sessions = new Sessions(dataDir);
  const gate = new Gatekeeper(people, sessions, !isLoopback(host));
  const settings = new StationSettings(dataDir, publish);
  const station = createStation({ parts, options, settings, publish });
  const loadMetrics = async (): Promise<Metrics> => {
    const { Metrics: Loaded } = await import('./metrics/metrics.js');
    return new Loaded({
      version: options.version,
      registry: parts.registry,
      runs: station.runs,
      ports: station.ports,
      stationName: async () => (await settings.get()).stationName,
    });
  };
  let loading: Promise<Metrics> | undefined;
  const metrics = (): Promise<Metrics> => (loading ??= loadMetrics());
  const warn = (error: unknown): void => {
    const { code, message } = toEspmintError(error);
    parts.log.warn({ code }, message);
  };
  const own = { parts, options, hub, settings, registryWatch, metrics, warn };
  const life = createLife({ ...own, ...station, publishOnly });
  return { ...own, people, sessions, gate, ...station, ...life };
}

interface StationNeeds {
  readonly parts: ServiceParts;
  readonly options: ServiceOptions;
  readonly settings: StationSettings;
  readonly publish: (event: LiveEvent) => void;
}

/** The station: ports bring boards, orders say what they become, the line runs them, jobs tell of them. */
function createStation({ parts, options, settings, publish }: StationNeeds) {
  const { dataDir, verify, wpsHook } = options;
  const batches = parts.production?.batches;
  const runs = parts.production?.runs ?? new MemoryRuns();
  const work = new StationWork({ batches, runs });
  const profiles = new FileProfileStore(dataDir);
  const secrets = new Secrets(dataDir, parts.env);
  const journal = new Journal(dataDir);
  const teaching = new TeachingSession();
  const slotFile = new SlotFile(dataDir);
  const ports: StationPorts = new StationPorts({
    serial: parts.listPorts,
    added: () => settings.networkPorts(),
    virtual: () => parts.virtualBoards?.list() ?? [],
    publish,
    onChange: (change, slot, wasThere) => {
      const isLesson = change.type === 'arrived' && teaching.arrived(change.place);
      line.portChanged(change, slot, wasThere || isLesson);
      if (isLesson) view.tell();
    },
    onForgotten: (slot) => line.forget(slot),
  });
  const jobs = new JobStore({ publish, journal, onChange: (...change) => ports.jobChanged(...change) });
  const orders = new Orders({
    profiles,
    settings,
    secrets,
    verify,
    wpsHook,
    batches,
    firmware: parts.firmware,
    enter: (batch, profile, name) => work.enter(batch, profile, name),
  });
  const printers = new Printers(dataDir);
  const labels = new StationLabels({ parts, printers, settings });
  const line: Line = new Line({
    provision: parts,
    ports,
    jobs,
    work,
    makeOrder: () => orders.make({}),
    finishOf: (order, run) => labels.finishOf(order, run),
    stationName: async () => (await settings.get()).stationName,
    toolVersion: options.version,
    onMode: () => view.tell(),
    onEnded: () => view.heartbeatSoon(),
  });
  const view: StationView = new StationView({
    settings,
    teaching,
    line,
    work,
    hasDatabase: batches !== undefined,
    publish,
  });
  const requireBatches = (): Batches => needDatabase(batches, 'Batches');
  const made = { profiles, secrets, journal, teaching, ports, jobs, orders, printers, labels, slotFile };
  return { ...made, line, view, runs, batches, requireBatches };
}

type LifeParts = Pick<ServiceCore, 'parts' | 'options' | 'settings' | 'registryWatch'> &
  ReturnType<typeof createStation> & {
    readonly publishOnly: (event: LiveEvent) => void;
    readonly warn: (error: unknown) => void;
  };

function createLife(core: LifeParts): Pick<ServiceCore, 'isStopping' | 'start' | 'stop'> {
  const { parts, options, publishOnly, warn, settings, ports, jobs, journal, line, view, registryWatch } =
    core;
  const watches: { stop(): Promise<void> }[] = [];
  let stopping = false;
  return {
    isStopping: () => stopping,
    start: async () => {
      jobs.restore(await journal.load());
      for (const job of unseenFailures(jobs.list())) ports.jobChanged(job);
      settings.watch((now) => line.configure(stationSettings(now)));
      line.configure(stationSettings(await settings.get()));
      ports.number(await core.slotFile.read());
      watches.push(
        repeatEvery(options.portIntervalMs ?? PORT_INTERVAL_MS, () => ports.refresh(), warn),
        repeatEvery(REGISTRY_INTERVAL_MS, () => registryWatch.look(), warn),
        repeatEvery(HEARTBEAT_MS, () => view.heartbeat(), warn),
      );
    },
    stop: async () => {
      if (stopping) return;
      stopping = true;
      publishOnly({ type: 'stopping' });
      await line.end(options.patienceMs ?? PATIENCE_MS);
      parts.boardsEnded?.();
      await Promise.all(watches.map((watch) => watch.stop()));
      await view.stop();
      await journal.flush();
    },
  };
}

/** A station that does not know what to make waits for a person. */
function stationSettings({ autoStart, profile, batch, maxRunning, retries, stopAfter }: Settings) {
  const knowsWhat = profile !== undefined || batch !== undefined;
  return { autoStart: autoStart && knowsWhat, maxRunning, retries, stopAfter };
}

/** What tiles must still show after a restart: the last job of a port, if it failed and nobody has seen it. */
function unseenFailures(newestFirst: readonly Job[]): Job[] {
  const last = new Map<string, Job>();
  for (const job of newestFirst) if (!last.has(job.port)) last.set(job.port, job);
  return [...last.values()].filter(({ state, seen }) => state === 'failed' && !seen);
}
