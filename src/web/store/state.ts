// What the page knows, and how each live event changes it. Pure: the same events give the same page.
import type {
  DamagedProfile,
  LiveEvent,
  PortState,
  ProfileName,
  Session,
  Settings,
  StationState,
  Today,
} from '../../service/contract/index.js';
import type { ApiFailure } from '../api/client.js';

type Connection = 'connecting' | 'online' | 'offline';

/** Whether the registry answers, and how much in it waits for a person. */
export type RegistryUpdate = Omit<Extract<LiveEvent, { type: 'registry' }>, 'type'>;

export interface State {
  readonly connection: Connection;
  /** The service said that it is about to stop. */
  readonly stopping: boolean;
  /** Absent until the service has answered once. */
  readonly session?: Session;
  /** The service has answered, and does not say who is signed in. */
  readonly refusal?: ApiFailure | undefined;
  /** Somebody was signed in, and is so no longer. */
  readonly hasEnded?: boolean;
  /** Process of the service that everything here came from. */
  readonly instance?: string;
  readonly version?: string;
  /** Absent until loaded; by slot. */
  readonly ports?: readonly PortState[];
  readonly settings?: Settings;
  readonly profiles?: readonly ProfileName[];
  readonly damagedProfiles?: readonly DamagedProfile[];
  /** How the station stands as a whole, with its batch. */
  readonly station?: StationState;
  readonly today?: Today;
  readonly registry?: RegistryUpdate;
  /** The service answers, and refused a part of the above. */
  readonly loadFailure?: ApiFailure | undefined;
  /** Counts up when what was loaded once has to be loaded again. */
  readonly loadRevision: number;
}

export const INITIAL: State = {
  connection: 'connecting',
  stopping: false,
  loadRevision: 0,
};

/** The state after one event; the same object where nothing changed. Unknown events change nothing. */
export function reduce(state: State, event: LiveEvent): State {
  switch (event.type) {
    case 'hello':
      return hello(state, event);
    case 'reset':
      return { ...state, loadRevision: state.loadRevision + 1 };
    case 'port':
      return { ...state, ports: putPort(state.ports ?? [], event.port) };
    case 'portRemoved':
      return { ...state, ports: (state.ports ?? []).filter(({ port }) => port !== event.port) };
    case 'progress':
      return changePort(state, event.port, (port) => withProgress(port, event.jobId, event.percent));
    case 'profile':
      return { ...state, profiles: putProfile(state.profiles ?? [], event.profile) };
    case 'settings':
      return { ...state, settings: event.settings };
    case 'station':
      return { ...state, station: event.station };
    case 'registry':
      return withRegistry(state, event);
    case 'stopping':
      return { ...state, stopping: true };
    default:
      return state;
  }
}

/** Another instance greets: the service was started anew, and nothing of before counts any more. */
function hello(state: State, { instance, version }: { instance: string; version: string }): State {
  const restarted = state.instance !== undefined && state.instance !== instance;
  return {
    ...state,
    instance,
    version,
    stopping: false,
    loadRevision: state.loadRevision + (restarted ? 1 : 0),
  };
}

function withRegistry(state: State, event: Extract<LiveEvent, { type: 'registry' }>): State {
  const { ok, conflicts, deadPushes, failure, spoolFaults } = event;
  const registry: RegistryUpdate = {
    ok,
    conflicts,
    deadPushes,
    ...(failure === undefined ? {} : { failure }),
    ...(spoolFaults === undefined ? {} : { spoolFaults }),
  };
  return JSON.stringify(state.registry) === JSON.stringify(registry) ? state : { ...state, registry };
}

function putPort(ports: readonly PortState[], port: PortState): readonly PortState[] {
  const others = ports.filter((other) => other.port !== port.port && other.slot !== port.slot);
  return [...others, port].sort((a, b) => a.slot - b.slot);
}

function changePort(state: State, name: string, change: (port: PortState) => PortState): State {
  const index = state.ports?.findIndex(({ port }) => port === name) ?? -1;
  const before = state.ports?.[index];
  if (state.ports === undefined || before === undefined) return state;
  const after = change(before);
  return after === before ? state : { ...state, ports: state.ports.with(index, after) };
}

function withProgress(port: PortState, jobId: string, percent: number): PortState {
  const { job } = port;
  if (job?.id !== jobId || job.state !== 'running' || job.percent === percent) return port;
  return { ...port, job: { ...job, percent } };
}

function putProfile(
  profiles: readonly ProfileName[],
  { name, version }: ProfileName,
): readonly ProfileName[] {
  const known = profiles.find((profile) => profile.name === name);
  if (known !== undefined && known.version >= version) return profiles;
  return [...profiles.filter((profile) => profile.name !== name), { name, version }].sort((a, b) =>
    a.name.localeCompare(b.name),
  );
}
