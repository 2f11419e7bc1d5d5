// `espmint batch report`: the record of a work order, as PDF to sign or as JSON to keep.
import { Command } from 'commander';
import type { BatchReport } from '../../core/batch-report/report.js';
import { systemZone } from '../../core/times.js';
import { figuresOf } from '../../core/figures/figures.js';
import { withProduction } from '../compose/parts-of-database.js';
import { checkEnding } from '../arguments/file-form.js';
import { replaceFile } from '../../files/index.js';
import { jsonLine, type CliIo, type GlobalOptions } from '../io.js';
import { processUser } from '../../registry/process-user.js';

interface Options extends GlobalOptions {
  readonly pdf?: string;
  readonly json?: boolean;
}

export function reportCommand(io: CliIo): Command {
  return new Command('report')
    .description('who made what, when, with which yield, and every device with the digest of what it holds')
    .argument('<name>', 'name of the batch')
    .option('--pdf <file>', 'write a PDF with a place to sign')
    .option('--json', 'print one JSON object (the default without --pdf)')
    .action((name: string, _: unknown, self: Command) => report(io, name, self.optsWithGlobals<Options>()));
}

async function report(io: CliIo, name: string, options: Options): Promise<void> {
  if (options.pdf !== undefined) checkEnding({ field: '--pdf', path: options.pdf, forms: ['pdf'] });
  const { makeBatchReport } = await import('../../core/batch-report/report.js');
  const made = await withProduction(io, options, async ({ batches, runs }) =>
    makeBatchReport({
      batch: await batches.get(name),
      figures: figuresOf(await runs.read({ batch: name })),
      units: await batches.units(name),
      signatures: await batches.signOffs(name),
      madeAt: new Date().toISOString(),
      madeBy: processUser(),
    }),
  );
  if (options.pdf !== undefined) {
    await writePdf(options.pdf, made);
    io.stderr(`Wrote ${options.pdf}.\n`);
  }
  if (options.json === true || options.pdf === undefined) io.stdout(jsonLine({ type: 'report', ...made }));
}

async function writePdf(path: string, made: BatchReport): Promise<void> {
  const { labelFont } = await import('../../station/index.js');
  const { batchReportToPdf } = await import('../../core/batch-report/pdf.js');
  await replaceFile(path, await batchReportToPdf(made, { font: await labelFont(), zone: systemZone() }));
}
