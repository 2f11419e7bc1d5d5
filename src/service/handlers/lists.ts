// Admission lists and the audit trail: the registry's own answers, where there is a database that has them.
import { parseDeviceName } from '../../core/device-name.js';
import { csvCell } from '../../core/device-table/index.js';
import { parseListEntry } from '../../core/list-entry.js';
import { parseListFile } from '../../core/list-file.js';
import type { Administration, AuditFilter } from '../../registry/index.js';
import type { AUDIT_OPERATIONS } from '../contract/audit.js';
import type { LIST_OPERATIONS } from '../contract/lists.js';
import { needDatabase, type ServiceCore } from '../core.js';
import { askerOf } from '../http/asker.js';
import { withMoments } from '../http/moments.js';
import { DONE, type HandlersOf } from '../http/operations.js';
import { streamText } from '../http/text-stream.js';

type Administrator = Omit<Administration, 'close'>;

/** Entries that an export reads at once. */
const PAGE = 1000;
const AUDIT_COLUMNS = ['at', 'kind', 'actor', 'origin', 'mac', 'uuid'] as const;

export function listHandlers({
  parts,
}: ServiceCore): HandlersOf<typeof LIST_OPERATIONS & typeof AUDIT_OPERATIONS> {
  const lists = (): Administrator => needDatabase(parts.administration, 'Allow and deny lists');
  const audit = (): Administrator => needDatabase(parts.administration, 'Entries of the audit trail');
  return {
    showLists: async () => ({ entries: await lists().lists() }),
    addToList: async ({ params: { list }, body: { entries: text, reason, file } }, call) => {
      const entries = parseListFile(text, file);
      const added = await lists().addToList(list, entries, { ...askerOf(call), reason });
      return { added, known: entries.length - added };
    },
    removeFromList: async ({ params: { list }, body: { entry, reason } }, call) => {
      await lists().removeFromList(list, parseListEntry(entry), { ...askerOf(call), reason });
      return DONE;
    },
    listAudit: ({ query }) => audit().audit(auditFilter(query)),
    exportAudit: async ({ query }, call) => {
      const text = await streamText(auditLines(audit(), auditFilter(query)));
      call.header('content-type', 'text/csv; charset=utf-8');
      call.header('content-disposition', 'attachment; filename="audit.csv"');
      return text;
    },
  };
}

function auditFilter(
  query: Omit<AuditFilter, 'device'> & { readonly device?: string | undefined },
): AuditFilter {
  const { device, ...filter } = withMoments(query);
  return device === undefined ? filter : { ...filter, device: parseDeviceName(device) };
}

async function* auditLines(from: Administrator, filter: AuditFilter): AsyncGenerator<string> {
  yield `${[...AUDIT_COLUMNS, 'detail'].join(',')}\r\n`;
  let after: string | undefined;
  do {
    const page = await from.audit({ ...filter, after, limit: PAGE });
    for (const entry of page.entries) {
      const cells = [...AUDIT_COLUMNS.map((column) => entry[column] ?? ''), JSON.stringify(entry.detail)];
      yield `${cells.map(csvCell).join(',')}\r\n`;
    }
    after = page.next;
  } while (after !== undefined);
}
