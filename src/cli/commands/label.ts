// `espmint label`: labels of devices that passed, into a file or to a printer.
import { Command, Option } from 'commander';
import { parseDeviceName } from '../../core/device-name.js';
import { EspmintError, invalidInput } from '../../core/errors/index.js';
import type { LabelLayout } from '../../core/labels/layout.js';
import { LABEL_FORMATS, renderLabel, type LabelFormat } from '../../core/labels/render.js';
import { labelToZpl } from '../../core/labels/zpl.js';
import type { LabelTemplate, LabelValues } from '../../core/labels/template.js';
import type { LabelSources } from '../../station/index.js';
import type { Registry, Values } from '../../registry/index.js';
import { composeStore } from '../compose/compose.js';
import { withProduction } from '../compose/parts-of-database.js';
import { replaceFile } from '../../files/index.js';
import { formOfFile } from '../arguments/file-form.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { operatorOption } from '../compose/origin.js';
import { loadProfile } from '../compose/plan.js';
import { counted } from '../../core/text.js';

/** Some labels show a key. */
const PRIVATE = 0o600;

interface Options extends GlobalOptions {
  readonly template: string;
  readonly profile?: string;
  readonly batch?: string;
  readonly format?: LabelFormat;
  readonly out?: string;
  readonly printer?: string;
  readonly reason?: string;
  readonly operator?: string;
}

export function labelCommand(io: CliIo): Command {
  return new Command('label')
    .argument('[devices...]', 'MAC, UUID or serial number of each device')
    .requiredOption('--template <file>', 'label template')
    .option('--profile <file>', 'profile of the product; needed for a template that shows the key')
    .option('--batch <name>', 'every board of this batch that passed')
    .addOption(
      new Option('--format <kind>', 'form of the file; when it is not said, what its name ends with').choices(
        LABEL_FORMATS,
      ),
    )
    .option('--out <file>', 'file to write; PDF and ZPL hold many labels, SVG and PNG one')
    .option('--printer <address>', 'ZPL printer, tcp://host:9100')
    .option('--reason <text>', 'with --printer: why they are printed; goes into the audit trail')
    .addOption(operatorOption())
    .action((devices: string[], _: unknown, self: Command) =>
      label(io, devices, self.optsWithGlobals<Options>()),
    );
}

async function label(io: CliIo, devices: readonly string[], options: Options): Promise<void> {
  if ((options.out === undefined) === (options.printer === undefined)) {
    throw invalidInput('--out and --printer', 'are where labels can go', 'give one of them');
  }
  const profile = await loadProfile(options.profile);
  const { loadLabelTemplate } = await import('../compose/labelling.js');
  let lists: Values | undefined;
  const openRegistry = async (): Promise<Registry> => {
    const { registry, store } = await composeStore(io, options);
    lists = store?.values();
    await store?.close();
    return registry;
  };
  let registry: Registry | undefined;
  try {
    // Only a list that the profile does not declare needs the registry before the template is known to be good.
    const template = await loadLabelTemplate(options.template, profile, async (list) => {
      registry = await openRegistry();
      if (lists !== undefined) return lists.columns(list);
      throw new EspmintError('VALUE_LIST_UNKNOWN', { list });
    });
    registry ??= await openRegistry();
    const devicesOf = registry;
    const values = [
      ...(await valuesOfBatch(io, options)),
      ...(await Promise.all(devices.map((text) => valuesOf(devicesOf, text)))),
    ];
    if (values.length === 0)
      throw invalidInput('The devices', 'are none', 'name some, or a --batch with boards that passed');
    const format = formatOf(options, values.length);
    const labels = await layOut(template, values, { registry, values: lists }, options.operator);
    if (options.printer !== undefined) {
      const { reason = 'espmint label', operator } = options;
      for (const { mac } of values) await registry.labelled(mac, reason, { actor: operator });
    }
    await deliver(labels, format, options);
    const count = counted(labels.length, 'label');
    io.stderr(options.out === undefined ? `Printed ${count}.\n` : `Wrote ${count} to ${options.out}.\n`);
  } finally {
    await lists?.close();
    await registry?.close();
  }
}

async function layOut(
  template: LabelTemplate,
  values: readonly LabelValues[],
  sources: LabelSources,
  operator: string | undefined,
): Promise<LabelLayout[]> {
  const { labelOf } = await import('../../station/index.js');
  const labels: LabelLayout[] = [];
  for (const one of values) labels.push(await labelOf(template, one, sources, operator));
  return labels;
}

async function deliver(
  labels: readonly LabelLayout[],
  format: LabelFormat,
  { out = '', printer }: Options,
): Promise<void> {
  if (printer !== undefined) {
    const { openLink } = await import('../../driver/index.js');
    const { printLabel } = await import('../../station/index.js');
    for (const one of labels) {
      await printLabel(labelToZpl(one), { address: printer, open: (address) => openLink(address) });
    }
    return;
  }
  await replaceFile(out, await render(labels, format), { mode: PRIVATE });
}

/** `label.svg` wants an SVG. @throws INPUT_INVALID for an ending of no form, and for many labels where one fits */
function formatOf({ out, format }: Options, count: number): LabelFormat {
  if (out === undefined) return 'zpl';
  const chosen = formOfFile({
    field: '--out',
    path: out,
    forms: LABEL_FORMATS,
    given: format,
    option: '--format',
  });
  if (count > 1 && chosen !== 'zpl' && chosen !== 'pdf') {
    throw invalidInput(`--format ${chosen}`, 'holds one label', 'name one device, or take pdf or zpl');
  }
  return chosen;
}

async function render(labels: readonly LabelLayout[], format: LabelFormat): Promise<string | Uint8Array> {
  if (format === 'zpl') return labels.map(labelToZpl).join('');
  if (format === 'pdf') return (await import('../../core/labels/pdf.js')).labelsToPdf(labels);
  const [one] = labels;
  return one === undefined ? '' : renderLabel(one, format);
}

async function valuesOfBatch(io: CliIo, options: Options): Promise<LabelValues[]> {
  const { batch: name } = options;
  if (name === undefined) return [];
  return withProduction(io, options, async ({ batches }) => {
    const { lot, firmwareVersion, hardwareRevision } = await batches.get(name);
    return (await batches.units(name)).flatMap(({ state, mac, uuid, serial, chip }) =>
      state === 'passed' && uuid !== undefined
        ? [{ mac, uuid, serial, chip, batch: name, lot, firmwareVersion, hardwareRevision }]
        : [],
    );
  });
}

async function valuesOf(registry: Registry, text: string): Promise<LabelValues> {
  const { labelValuesOf } = await import('../../station/index.js');
  return labelValuesOf(await registry.show(parseDeviceName(text)));
}
