// Method and path of every operation that the page calls. The contract itself carries the schemas of both directions,
// which a page does not need: routes.test.ts holds this table against it.
import type { OperationId } from '../../service/contract/index.js';

export const ROUTES = {
  getSession: 'GET /session',
  signIn: 'POST /session',
  signOut: 'DELETE /session',
  listSessions: 'GET /sessions',
  revokeSession: 'DELETE /sessions/:id',
  listUsers: 'GET /users',
  addUser: 'POST /users',
  setPassword: 'PUT /users/:name/password',
  removeUser: 'DELETE /users/:name',
  listTokens: 'GET /tokens',
  createToken: 'POST /tokens',
  revokeToken: 'DELETE /tokens/:id',
  listPorts: 'GET /ports',
  addPort: 'POST /ports',
  removePort: 'POST /ports/remove',
  inspectPort: 'POST /ports/inspect',
  listVirtualBoards: 'GET /virtual-boards',
  addVirtualBoards: 'POST /virtual-boards',
  removeVirtualBoards: 'POST /virtual-boards/remove',
  plugVirtualBoard: 'POST /virtual-boards/plug',
  startJobs: 'POST /jobs',
  listJobs: 'GET /jobs',
  cancelJob: 'POST /jobs/:id/cancel',
  retryJob: 'POST /jobs/:id/retry',
  acknowledgeJob: 'POST /jobs/:id/seen',
  listProfiles: 'GET /profiles',
  getProfile: 'GET /profiles/:name',
  listProfileVersions: 'GET /profiles/:name/versions',
  saveProfile: 'POST /profiles',
  previewProfile: 'POST /profiles/preview',
  listSecrets: 'GET /secrets',
  putSecret: 'PUT /secrets/:name',
  removeSecret: 'DELETE /secrets/:name',
  testCa: 'POST /ca/test',
  listDevices: 'GET /devices',
  exportDevices: 'GET /devices/export',
  showDevice: 'GET /devices/:device',
  deviceLabel: 'GET /devices/:device/label',
  revealKey: 'POST /devices/:device/reveal',
  listConflicts: 'GET /conflicts',
  getConflict: 'GET /conflicts/:id',
  resolveConflict: 'POST /conflicts/:id/resolve',
  listPushTargets: 'GET /push/targets',
  pushStatus: 'GET /push/status',
  listDeadPushes: 'GET /push/dead',
  retryDeadPushes: 'POST /push/dead/retry',
  discardDeadPushes: 'POST /push/dead/discard',
  registryStatus: 'GET /registry',
  testRegistry: 'POST /registry/test',
  getSettings: 'GET /settings',
  putSettings: 'PUT /settings',
  getStation: 'GET /station',
  chooseBatch: 'POST /station/batch',
  pauseStation: 'POST /station/pause',
  resumeStation: 'POST /station/resume',
  haltStation: 'POST /station/stop',
  beginTeaching: 'POST /station/teaching',
  endTeaching: 'POST /station/teaching/end',
  scanLabel: 'POST /station/scan',
  listBatches: 'GET /batches',
  createBatch: 'POST /batches',
  getBatch: 'GET /batches/:name',
  listUnits: 'GET /batches/:name/units',
  listHeldPlaces: 'GET /batches/:name/held',
  releasePlaces: 'POST /batches/:name/release',
  setBatchState: 'POST /batches/:name/state',
  setBatchQuantity: 'POST /batches/:name/quantity',
  importIdentifiers: 'POST /batches/:name/identifiers',
  batchReport: 'GET /batches/:name/report',
  signBatch: 'POST /batches/:name/sign-off',
  listPrinters: 'GET /printers',
  putPrinter: 'PUT /printers/:name',
  removePrinter: 'DELETE /printers/:name',
  testPrinter: 'POST /printers/:name/test',
  stats: 'GET /stats',
  exportStats: 'GET /stats/export',
  today: 'GET /stats/today',
  listStations: 'GET /stations',
  version: 'GET /version',
  events: 'GET /events',
} as const satisfies Partial<Record<OperationId, string>>;

export type RouteId = keyof typeof ROUTES;

/** Fills `:name` parts; what is left out of `query` is left out of the address. */
export function addressOf(
  id: RouteId,
  params: object = {},
  query: object = {},
): { method: string; path: string } {
  const [method = 'GET', pattern = '/'] = ROUTES[id].split(' ');
  const values = params as Record<string, string>;
  const path = pattern.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return { method, path: `api/v1${path}${text === '' ? '' : `?${text}`}` };
}
