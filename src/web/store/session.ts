// Loads what the page shows, keeps it up to date from live events, and signs people in and out.
import type { LiveEvent, Role, Session } from '../../service/contract/index.js';
import { ApiFailure, call, useCsrfToken, whenSignedOut } from '../api/client.js';
import { openLive } from '../api/live.js';
import { setZone } from '../format/format.js';
import { parsePlace } from '../router.js';
import { reduce, type RegistryUpdate, type State } from './state.js';
import { getState, setState } from './store.js';

const RELOAD_DELAY_MS = 400;
const RETRY_MS = 1_500;
const RETRY_MAX_MS = 12_000;
/** A page that nobody has seen for so long lets go of its line: a browser has but six to one service, for all its tabs. */
const REST_MS = 60_000;
const LADDER: readonly Role[] = ['viewer', 'operator', 'engineer', 'admin'];

let closeLive: (() => void) | undefined;
let retryMs = RETRY_MS;
let todayTimer: number | undefined;
let restTimer: number | undefined;
let loadTimer: number | undefined;
const watchers = new Set<(event: LiveEvent) => void>();

/** Hears each live event after the state has taken it in: sounds and announcements. */
export function watchEvents(watcher: (event: LiveEvent) => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Begins: asks who is signed in, then loads and listens. Tries again for as long as the service does not answer. */
export async function begin(): Promise<void> {
  whenSignedOut(forgetSession);
  document.addEventListener('visibilitychange', restWhileUnseen);
  try {
    enter(await call('getSession', {}));
  } catch (error) {
    const refusal = error instanceof ApiFailure && error.status > 0 ? error : undefined;
    setState((state) => ({ ...state, connection: 'offline', refusal }));
    window.setTimeout(() => void begin(), RETRY_MS);
  }
}

/** Everything may be another than before: loads it, and lists load themselves anew. */
function beginAnew(): Promise<void> {
  setState((state) => ({ ...state, loadRevision: state.loadRevision + 1 }));
  return begin();
}

/** The station page is heard without being seen: its sounds and its title go on. */
function restWhileUnseen(): void {
  window.clearTimeout(restTimer);
  if (document.hidden) {
    restTimer = window.setTimeout(() => {
      if (parsePlace(window.location.hash).path.length > 0) stopListening();
    }, REST_MS);
  } else if (closeLive === undefined && mayWork(getState().session)) void beginAnew();
}

/** @throws ApiFailure when name or password are wrong, or after too many tries. */
export async function signIn(name: string, password: string): Promise<void> {
  enter(await call('signIn', { body: { name, password } }));
}

export async function signOut(): Promise<void> {
  await call('signOut', {});
  await begin();
}

export function mayWork(session: Session | undefined): boolean {
  return session !== undefined && (!session.signInRequired || session.user !== undefined);
}

/** Whether the person at the page has at least this role. */
export function hasRole(session: Session | undefined, role: Role): boolean {
  if (session === undefined) return false;
  if (session.user === undefined) return !session.signInRequired;
  return LADDER.indexOf(session.user.role) >= LADDER.indexOf(role);
}

/** Whether the station is set to something that its boards can become. */
export function knowsWhat({ settings }: State): boolean {
  return settings?.profile !== undefined || settings?.batch !== undefined;
}

function enter(session: Session): void {
  useCsrfToken(session.csrfToken);
  setZone(session.zone);
  setState((state) => ({
    ...state,
    session,
    hasEnded: state.hasEnded === true && session.user === undefined,
    refusal: undefined,
  }));
  if (!mayWork(session)) {
    stopListening();
    setState((state) => ({ ...state, connection: 'online' }));
    return;
  }
  listen();
  void loadAll();
}

/** The session ended on the other side: ask for it anew, and show the sign-in. */
function forgetSession(): void {
  if (getState().session?.user === undefined) return;
  stopListening();
  const zone = getState().session?.zone ?? 'UTC';
  setState((state) => ({ ...state, session: { signInRequired: true, zone }, hasEnded: true }));
}

function stopListening(): void {
  closeLive?.();
  closeLive = undefined;
}

function listen(): void {
  let isFirst = true;
  closeLive ??= openLive({
    onConnection: (connected) => {
      if (connected) retryMs = RETRY_MS;
      // What happened before the stream was open is in no event of it.
      if (connected && isFirst) void loadAll();
      isFirst &&= !connected;
      setState((state) => ({ ...state, connection: connected ? 'online' : 'offline' }));
    },
    onEvents: takeIn,
    onRefused: () => {
      stopListening();
      // Most often nobody is signed in any more, or too many listen already. What came meanwhile was missed.
      window.setTimeout(() => void beginAnew(), retryMs);
      retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
    },
  });
}

function takeIn(events: readonly LiveEvent[]): void {
  const { loadRevision } = getState();
  setState((state) => events.reduce(reduce, state));
  if (getState().loadRevision !== loadRevision) void begin();
  if (events.some((event) => event.type === 'job' && event.job.state !== 'running')) refreshToday();
  for (const event of events) for (const watcher of watchers) watcher(event);
}

/** Soon, and once for many boards that end together. */
function refreshToday(): void {
  window.clearTimeout(todayTimer);
  todayTimer = window.setTimeout(() => {
    void load('today', () => call('today', {}));
  }, RELOAD_DELAY_MS);
}

/** A part that the service refuses is named in the banner, and asked for again. */
async function loadAll(): Promise<void> {
  window.clearTimeout(loadTimer);
  const failures = await Promise.all([
    load('ports', async () => (await call('listPorts', {})).ports),
    load('settings', () => call('getSettings', {})),
    load('station', () => call('getStation', {})),
    load('profiles', loadProfiles),
    load('today', () => call('today', {})),
    load('registry', loadRegistry),
  ]);
  const loadFailure = failures.find((failure) => (failure?.status ?? 0) >= 400 && failure?.status !== 401);
  if (loadFailure !== undefined) loadTimer = window.setTimeout(() => void loadAll(), RETRY_MAX_MS);
  setState((state) => ({ ...state, loadFailure }));
}

async function loadRegistry(): Promise<RegistryUpdate> {
  const { ok, conflicts = 0, pushes, code, params = {}, spool = [] } = await call('registryStatus', {});
  return {
    ok,
    conflicts,
    deadPushes: pushes?.dead ?? 0,
    ...(code === undefined ? {} : { failure: { code, params } }),
    ...(spool.length === 0 ? {} : { spoolFaults: spool.length }),
  };
}

async function loadProfiles(): Promise<{ name: string; version: number }[]> {
  const { profiles, damaged } = await call('listProfiles', {});
  setState((state) => ({ ...state, damagedProfiles: damaged }));
  return profiles
    .map(({ name, version }) => ({ name, version }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * A part that does not come leaves what was there, and its failure is the answer. What happens while the answer is on its
 * way is newer than it.
 */
async function load<K extends string, T>(key: K, get: () => Promise<T>): Promise<ApiFailure | undefined> {
  const meanwhile: LiveEvent[] = [];
  const stop = watchEvents((event) => meanwhile.push(event));
  try {
    const value = await get();
    setState((state) => meanwhile.filter(isUpdate).reduce(reduce, { ...state, [key]: value }));
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    return error;
  } finally {
    stop();
  }
}

/** Others are of the stream itself, and count once. */
const isUpdate = ({ type }: LiveEvent): boolean => !['hello', 'reset', 'stopping'].includes(type);
