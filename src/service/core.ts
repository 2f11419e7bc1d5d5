// The service without HTTP: its state, its jobs and its ports, put together from the parts that it is given.
import { toEspmintError } from '../core/errors/index.js';
import { provisionDevice } from '../provision/index.js';
import { Gatekeeper } from './access/gatekeeper.js';
import { People } from './access/people.js';
import { Sessions } from './access/sessions.js';
import type { Job, LiveEvent } from './contract/index.js';
import { isLoopback } from './http/sites.js';
import { JobManager } from './jobs/job-manager.js';
import { JobStarter } from './jobs/job-starter.js';
import { Journal } from './jobs/journal.js';
import { EventHub } from './live/event-hub.js';
import { DEFAULT_HOST, type ServiceOptions } from './options.js';
import type { ServiceParts } from './parts.js';
import { StationPorts } from './ports/station-ports.js';
import { FileProfileStore, type ProfileStore } from './profiles/profile-store.js';
import { Secrets } from './profiles/secrets.js';
import { repeatEvery } from './repeat.js';
import { Ledger } from './station/ledger.js';
import { registryStatus } from './station/registry-status.js';
import { StationSettings } from './station/station-settings.js';

const PORT_INTERVAL_MS = 1_000;
const REGISTRY_INTERVAL_MS = 10_000;
const PATIENCE_MS = 20_000;

export interface ServiceCore {
  readonly parts: ServiceParts;
  readonly options: ServiceOptions;
  readonly startedAt: string;
  readonly hub: EventHub;
  readonly people: People;
  readonly sessions: Sessions;
  readonly gate: Gatekeeper;
  readonly settings: StationSettings;
  readonly profiles: ProfileStore;
  readonly secrets: Secrets;
  readonly jobs: JobManager;
  readonly starter: JobStarter;
  readonly ports: StationPorts;
  readonly ledger: Ledger;
  /** True from the moment it was told to stop. */
  isStopping(): boolean;
  /** Takes over what was left, and begins to watch ports and registry. */
  start(): Promise<void>;
  /** Lets running boards finish or stop at a safe point. */
  stop(): Promise<void>;
}

export function createCore(parts: ServiceParts, options: ServiceOptions): ServiceCore {
  const { dataDir, host = DEFAULT_HOST } = options;
  const hub = new EventHub();
  const publish = (event: LiveEvent): void => hub.publish(event);
  const people = new People(dataDir);
  const sessions = new Sessions(dataDir);
  const settings = new StationSettings(dataDir, publish);
  const profiles = new FileProfileStore(dataDir);
  const secrets = new Secrets(dataDir, parts.env);
  const journal = new Journal(dataDir);
  const ledger = new Ledger();
  const ports = new StationPorts({
    serial: parts.listPorts,
    added: () => settings.networkPorts(),
    virtual: () => parts.virtualBoards?.list() ?? [],
    publish,
    onArrival: (port) => void startAutomatically(port),
  });
  const jobs = new JobManager({
    run: (port, plan, runOptions) => provisionDevice(port, plan, parts, runOptions),
    publish,
    journal,
    onChange: (job) => {
      ports.jobChanged(job);
      if (!job.seen) ledger.add(job);
    },
  });
  const starter = new JobStarter({ jobs, ports, profiles, settings, secrets });
  const startAutomatically = async (port: string): Promise<void> => {
    try {
      if ((await settings.get()).autoStart) await starter.start({ ports: [port] }, 'automatic');
    } catch (error) {
      parts.log(`${port}: not started by itself: ${toEspmintError(error).message}`);
    }
  };
  const life = createLife({ parts, options, hub, ports, jobs, journal, ledger });
  const gate = new Gatekeeper(people, sessions, !isLoopback(host));
  const startedAt = new Date().toISOString();
  const state = { parts, options, startedAt, hub, people, sessions, gate, settings, profiles, secrets };
  return { ...state, jobs, starter, ports, ledger, ...life };
}

type LifeParts = Pick<ServiceCore, 'parts' | 'options' | 'hub' | 'ports' | 'jobs' | 'ledger'> & {
  readonly journal: Journal;
};

function createLife(core: LifeParts): Pick<ServiceCore, 'isStopping' | 'start' | 'stop'> {
  const { parts, options, hub, ports, jobs, journal, ledger } = core;
  const watches: { stop(): Promise<void> }[] = [];
  let stopping = false;
  let registryOk: boolean | undefined;

  const watchRegistry = async (): Promise<void> => {
    const { ok } = await registryStatus(parts.registry);
    if (ok !== registryOk && registryOk !== undefined) hub.publish({ type: 'registry', ok });
    registryOk = ok;
  };
  return {
    isStopping: () => stopping,
    start: async () => {
      const left = await journal.load();
      for (const job of left) ledger.add(job);
      jobs.restore(left);
      for (const job of unseenFailures(jobs.list())) ports.jobChanged(job);
      const warn = (error: unknown): void => parts.log(toEspmintError(error).message);
      watches.push(
        repeatEvery(options.portIntervalMs ?? PORT_INTERVAL_MS, () => ports.refresh(), warn),
        repeatEvery(REGISTRY_INTERVAL_MS, watchRegistry, warn),
      );
    },
    stop: async () => {
      if (stopping) return;
      stopping = true;
      hub.publish({ type: 'stopping' });
      await jobs.drain(options.patienceMs ?? PATIENCE_MS);
      await Promise.all(watches.map((watch) => watch.stop()));
    },
  };
}

/** What tiles must still show after a restart: the last job of a port, if it failed and nobody has seen it. */
function unseenFailures(newestFirst: readonly Job[]): Job[] {
  const last = new Map<string, Job>();
  for (const job of newestFirst) if (!last.has(job.port)) last.set(job.port, job);
  return [...last.values()].filter(({ state, seen }) => state === 'failed' && !seen);
}
