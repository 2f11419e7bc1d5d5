// What a person can do to slots: start, stop, retry, take note, pull a virtual board.
import type { PortState } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { getState } from '../../store/store.js';
import { attempt, complain, say } from '../../ui/toasts.js';
import { tileAction, type TileAction } from './tile-model.js';

export async function act(port: PortState, action: TileAction = tileAction(port)): Promise<void> {
  const { job } = port;
  if (action === 'start') await startAt([port.port]);
  if (job === undefined) return;
  const params = { id: job.id };
  if (action === 'retry') await attempt(() => call('retryJob', { params }));
  if (action === 'stop') await attempt(() => call('cancelJob', { params }));
  if (action === 'seen') await attempt(() => call('acknowledgeJob', { params }));
}

/** Starts all boards that wait for it. */
export async function start(ports: readonly PortState[]): Promise<void> {
  await startAt(ports.filter((port) => port.state === 'ready').map(({ port }) => port));
}

async function startAt(ports: readonly string[]): Promise<void> {
  if (ports.length > 0) await attempt(() => call('startJobs', { body: { ports: [...ports] } }));
}

/** Esc: a running board is stopped, an ended one that was not a pass is noted as seen. */
export async function stopOrSee(port: PortState): Promise<void> {
  const { job } = port;
  if (job === undefined || job.state === 'passed') return;
  await act(port, job.state === 'running' ? 'stop' : 'seen');
}

/** A code goes to the unit that waits for it. @throws ApiFailure */
export async function scanLabel(code: string): Promise<void> {
  const { ports = [] } = getState();
  const waits = ports.some(({ state }) => state === 'scanning');
  const { matched, forNext } = await call('scanLabel', { body: { code } });
  if (matched) say(t('scan.matched'));
  else if (forNext) say(t('scan.forNext', { code }));
  else complain(t(waits ? 'scan.noUnit' : 'scan.nothing', { code }));
}

/** What a scanner typed while no field had the focus: never a command. */
export function scanned(code: string): void {
  const { session } = getState();
  if (hasRole(session, 'operator')) void attempt(() => scanLabel(code));
  else complain(t('scan.nothing', { code }));
}

/** Pulls a virtual board, or plugs another one into its place. */
export async function plugVirtual({ port, present }: PortState): Promise<void> {
  const body = { port, plugged: !present, fresh: !present };
  await attempt(() => call('plugVirtualBoard', { body }));
}
