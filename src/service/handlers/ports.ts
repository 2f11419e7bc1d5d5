// Ports, inspection and virtual boards.
import { setImmediate } from 'node:timers/promises';
import { EspmintError, invalidInput } from '../../core/errors/index.js';
import { withBoardDeadline } from '../../driver/index.js';
import { requireRole } from '../access/gatekeeper.js';
import type { VirtualBoard } from '../contract/index.js';
import type { PORT_OPERATIONS } from '../contract/ports.js';
import type { ServiceCore } from '../core.js';
import { askerOf } from '../http/asker.js';
import { DONE, type HandlersOf } from '../http/operations.js';
import type { VirtualBoards } from '../parts.js';
import { inspectBoard, type Lookup } from '../ports/inspect.js';
import { defaultProfile } from '../profiles/preview.js';
import { profileText, withVersion } from '../profiles/profile-text.js';
import { NEWEST } from '../station/station-settings.js';

/** Each takes the memory of its flash. */
const MOST_VIRTUAL_BOARDS = 128;
const INSPECT_TIMEOUT_MS = 60_000;

type PortHandlers = HandlersOf<typeof PORT_OPERATIONS>;

export function portHandlers(core: ServiceCore): PortHandlers {
  const { ports, settings, line, orders, parts, profiles } = core;
  return {
    listPorts: () => ({ ports: ports.list() }),
    addPort: async ({ body: { port } }) => {
      checkAddress(port);
      await settings.addNetworkPort(port);
      await ports.refresh();
      return ports.get(port);
    },
    removePort: async ({ body: { port } }) => {
      if (line.isBusy(port)) throw new EspmintError('PORT_IN_USE', { port });
      const wasAdded = await settings.removeNetworkPort(port);
      await ports.refresh();
      if (!ports.forget(port) && !wasAdded) throw new EspmintError('PORT_UNKNOWN', { port });
      return DONE;
    },
    inspectPort: ({ body: { port, reveal } }, call) => {
      if (reveal !== undefined) requireRole(call.identity, 'engineer');
      if (line.isBusy(port)) throw new EspmintError('PORT_IN_USE', { port });
      return ports.inspecting(port, async () => {
        const { profile = defaultProfile() } = (await orders.current().catch(() => undefined)) ?? {};
        const stored = await profiles.list();
        const lookup: Lookup = {
          nvs: profile.nvs,
          target: profile.target,
          baud: profile.policy.baud,
          layouts: stored.profiles.map(({ profile: { nvs } }) => nvs),
          damaged: stored.damaged.map(({ error }) => error),
          reveal: reveal && { ...askerOf(call), reason: reveal.reason },
        };
        return withBoardDeadline({ port, timeoutMs: INSPECT_TIMEOUT_MS, signal: call.signal }, (signal) =>
          inspectBoard(port, parts, lookup, signal),
        );
      });
    },
    ...virtualHandlers(core),
  };
}

/** Boards to try espmint with bring something that they can become. */
async function ensureProduct({ profiles, settings, hub }: ServiceCore): Promise<void> {
  const stored = await profiles.list();
  if (stored.profiles.length + stored.damaged.length > 0) return;
  const name = 'Example';
  const text = await profileText({ settings: { name, caUrl: 'https://ca.example.com' } });
  await profiles.save({ name, version: 1, text: await withVersion(text, 1), savedBy: 'espmint' });
  hub.publish({ type: 'profile', profile: { name, version: 1 } });
  await settings.useProfile({ name, version: NEWEST });
}

function virtualHandlers(
  core: ServiceCore,
): Pick<
  PortHandlers,
  'listVirtualBoards' | 'addVirtualBoards' | 'removeVirtualBoards' | 'pressVirtualWps' | 'plugVirtualBoard'
> {
  const { ports, line, parts } = core;
  const boards = (): VirtualBoards => {
    if (parts.virtualBoards === undefined) throw new EspmintError('NO_VIRTUAL_BOARDS', {});
    return parts.virtualBoards;
  };
  return {
    pressVirtualWps: ({ body: { port } }) => ({ joins: boards().pressWps(port) }),
    listVirtualBoards: () => ({ boards: parts.virtualBoards?.list() ?? [] }),
    addVirtualBoards: async ({ body }) => {
      const here = boards().list().length;
      if (here + body.count > MOST_VIRTUAL_BOARDS) {
        throw invalidInput(
          'count',
          `would make ${here + body.count} virtual boards`,
          `have ${MOST_VIRTUAL_BOARDS} at most; take some away first`,
        );
      }
      const added: VirtualBoard[] = [];
      for (let made = 0; made < body.count; made++) {
        added.push(...(await boards().add({ ...body, count: 1 })));
        // Each has the memory of a chip: all in one go would hold up the boards that run.
        await setImmediate();
      }
      await ensureProduct(core);
      await ports.refresh();
      return { boards: added };
    },
    removeVirtualBoards: async ({ body }) => {
      const busy = boards()
        .list()
        .find(({ port }) => (body.ports ?? [port]).includes(port) && line.isBusy(port));
      if (busy !== undefined) throw new EspmintError('PORT_IN_USE', { port: busy.port });
      for (const { port } of boards().list()) {
        if (body.ports?.includes(port) === false) continue;
        boards().remove([port]);
        await setImmediate();
      }
      await ports.refresh();
      return { boards: boards().list() };
    },
    plugVirtualBoard: async ({ body: { port, plugged, fresh = false } }) => {
      const board = boards().plug(port, plugged, fresh);
      await ports.refresh();
      return board;
    },
  };
}

/** @throws INPUT_INVALID */
function checkAddress(port: string): void {
  const refuse = (reason: string): EspmintError =>
    invalidInput('The port', reason, 'give tcp://host:port, rfc2217://host:port or a device path');
  if (!port.includes('://')) {
    if (port.trim() === '') throw refuse('is empty');
    return;
  }
  if (!/^(tcp|socket|rfc2217):\/\/[^/@\s]+:\d{1,5}$/.test(port)) throw refuse('is not an address of a port');
}
