// Batches: make, watch, pause, close, ask for more, and the report at the end.
import { systemZone } from '../../core/times.js';
import { labelFont } from '../../station/index.js';
import { makeBatchReport, type BatchReport } from '../../core/batch-report/report.js';
import { figuresOf } from '../../core/figures/figures.js';
import { readIdentifierList } from '../../core/identifier-list.js';
import type { Batch } from '../../registry/index.js';
import type { BATCH_OPERATIONS } from '../contract/batches.js';
import type { ServiceCore } from '../core.js';
import { askerOf } from '../http/asker.js';
import type { Call, HandlersOf } from '../http/operations.js';
import { collectInTurns, nextTurn } from '../turns.js';

export function batchHandlers(core: ServiceCore): HandlersOf<typeof BATCH_OPERATIONS> {
  const { profiles, view, requireBatches } = core;
  /** The station hears at once of a batch that goes on. */
  const answered = async (batch: Batch): Promise<Batch> => {
    await view.heartbeat();
    return batch;
  };
  return {
    listBatches: async () => ({ batches: await requireBatches().list() }),
    createBatch: async ({ body: { profile: wanted, ...request } }, call) => {
      const { name, version, text: profileText } = await profiles.get(wanted.name, wanted.version);
      return requireBatches().create({ ...request, profile: { name, version }, profileText }, nameOf(call));
    },
    getBatch: ({ params }) => requireBatches().get(params.name),
    listUnits: async ({ params }) => ({ units: await requireBatches().units(params.name) }),
    listReservedUnits: async ({ params }) => ({ held: await requireBatches().reservedUnits(params.name) }),
    releaseUnits: async ({ params, body: { station, reason } }, call) => {
      const { actor: who, address } = askerOf(call);
      const count = await requireBatches().releaseUnits(params.name, station, { reason, who, address });
      await view.heartbeat();
      return { count };
    },
    setBatchState: async ({ params, body: { state, reason } }, call) =>
      answered(await requireBatches().setState(params.name, state, reason, nameOf(call))),
    setBatchQuantity: async ({ params, body }) =>
      answered(await requireBatches().setQuantity(params.name, body.quantity)),
    importIdentifiers: async ({ params, body: { csv, file } }) => {
      const lines = await collectInTurns(readIdentifierList(csv, file));
      const rows = lines.filter((row) => row !== undefined);
      return { count: await requireBatches().importIdentifiers(params.name, rows, file) };
    },
    batchReport: async ({ params, query: { format } }, call) => {
      const report = await makeReport(core, params.name, nameOf(call));
      call.header('content-disposition', `attachment; filename="${fileName(params.name)}.${format}"`);
      if (format === 'json') return JSON.stringify(report);
      call.header('content-type', 'application/pdf');
      const { batchReportToPdf } = await import('../../core/batch-report/pdf.js');
      return batchReportToPdf(report, { font: await labelFont(), zone: systemZone(), nextTurn });
    },
    signBatch: async ({ params: { name }, body: { note } }, call) => {
      const by = nameOf(call);
      // What is signed must not change any more.
      await answered(await requireBatches().setState(name, 'closed', note, by));
      const { digest } = await makeReport(core, name, by);
      await requireBatches().signOff(name, { by, note, digest });
      return { digest, by };
    },
  };
}

async function makeReport(
  { requireBatches, runs }: ServiceCore,
  name: string,
  madeBy: string,
): Promise<BatchReport> {
  const batches = requireBatches();
  return makeBatchReport({
    batch: await batches.get(name),
    figures: figuresOf(await runs.read({ batch: name })),
    units: await batches.units(name),
    signatures: await batches.signOffs(name),
    madeAt: new Date().toISOString(),
    madeBy,
  });
}

function nameOf({ identity }: Call): string {
  return identity?.name ?? 'unknown';
}

/** What every file system takes. */
function fileName(batch: string): string {
  return `batch-${batch.replaceAll(/[^\w.-]+/g, '_')}`;
}
