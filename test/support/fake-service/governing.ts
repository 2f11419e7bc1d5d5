// Answers of the fake service about admission: allow and deny lists, the audit trail, devices out of use.
import { formatListEntry } from '../../../src/core/list-entry.js';
import { parseListFile } from '../../../src/core/list-file.js';
import { isEspmintError } from '../../../src/core/errors/index.js';
import type { AuditKind } from '../../../src/core/audit-kinds.js';
import { deviceSchema } from '../../../src/service/contract/devices.js';
import { Refusal, type Handlers } from './refusal.js';
import type { FakeWorld } from './world.js';

interface Caller {
  readonly user?: { readonly name: string };
}

export function governing(world: FakeWorld): Handlers {
  const note = (kind: AuditKind, { user }: Caller, rest: object, detail: Record<string, unknown>): void => {
    const at = new Date().toISOString();
    const origin = '192.0.2.7 by way of line-1';
    world.audit.unshift({
      id: world.audit.length + 1,
      at,
      kind,
      actor: user?.name ?? 'local',
      origin,
      ...rest,
      detail,
    });
  };
  const matching = ({ kind, actor, device }: { kind?: string; actor?: string; device?: string }) =>
    world.audit.filter(
      (entry) =>
        (kind === undefined || entry.kind === kind) &&
        (actor === undefined || entry.actor === actor) &&
        (device === undefined || entry.mac === device),
    );
  return {
    showLists: () => ({ entries: [...world.lists] }),
    addToList: ({ params: { list }, body: { entries, reason, file } }, caller) => {
      const wanted = readEntries(entries, file);
      const fresh = wanted.filter(
        (entry) => !world.lists.some((known) => known.list === list && known.entry === entry),
      );
      for (const entry of fresh) {
        const by = { createdAt: new Date().toISOString(), createdBy: caller.user?.name ?? 'local' };
        world.lists.push({ list, entry, reason, ...by });
        note('list entry added', caller, {}, { list, entry, reason });
      }
      world.emit({ type: 'changed', part: 'lists' });
      return { added: fresh.length, known: wanted.length - fresh.length };
    },
    removeFromList: ({ params: { list }, body: { entry, reason } }, caller) => {
      const index = world.lists.findIndex((known) => known.list === list && known.entry === entry);
      if (index === -1) throw new Refusal(400, 'INPUT_INVALID', `${entry} is no entry of the ${list} list.`);
      world.lists.splice(index, 1);
      note('list entry removed', caller, {}, { list, entry, reason });
      world.emit({ type: 'changed', part: 'lists' });
      return { ok: true };
    },
    listAudit: ({ query: { limit, after, ...filter } }) => {
      const from = Number(after ?? 0);
      const all = matching(filter as Parameters<typeof matching>[0]);
      const next = from + limit;
      return { entries: all.slice(from, next), ...(next < all.length ? { next: String(next) } : {}) };
    },
    removeDevice: ({ params: { device }, body: { reason } }, caller) => {
      const index = world.devices.findIndex(({ mac }) => mac === device);
      const found = world.devices[index];
      if (found === undefined)
        throw new Refusal(404, 'DEVICE_UNKNOWN', `The registry does not know ${device}.`);
      const removed = { ...found, status: 'removed' };
      world.devices[index] = removed;
      note('device removed', caller, { mac: device, uuid: found.uuid }, { reason, before: found.status });
      world.emit({ type: 'changed', part: 'devices' });
      return deviceSchema.parse(removed);
    },
    printLabel: ({ params: { device }, body: { reason, printer } }, caller) => {
      if (world.printerTrouble !== undefined) throw new Refusal(424, 'PRINTER_FAILED', world.printerTrouble);
      note('label printed', caller, { mac: device }, { reason, printer });
      return { ok: true };
    },
  };
}

function readEntries(text: string, file: string): string[] {
  try {
    return parseListFile(text, file).map(formatListEntry);
  } catch (error) {
    if (isEspmintError(error)) throw new Refusal(400, error.code, error.message);
    throw error;
  }
}
