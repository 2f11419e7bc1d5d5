// `espmint devices`: what the registry holds, and the one way to see a key.
import { Command } from 'commander';
import { EspmintError } from '../../core/errors/index.js';
import { parseMac } from '../../core/mac.js';
import type { DeviceHistory, DeviceRecord, Registry } from '../../registry/index.js';
import { type CliIo, jsonLine } from '../io.js';
import { parseDevice } from './devices/device-name.js';
import { exportCommand, importCommand } from './devices/files.js';
import { removeCommand } from './devices/remove.js';
import { withRegistry } from './devices/with-registry.js';

interface ListOptions {
  readonly status?: string;
  readonly all?: boolean;
  readonly text?: string;
  readonly limit?: string;
  readonly json?: boolean;
}

/** Devices a query when all are listed. */
const PAGE = 1000;

export function devicesCommand(io: CliIo): Command {
  return new Command('devices')
    .description('the devices in the registry: find them, read their history, move them')
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(revealCommand(io))
    .addCommand(removeCommand(io))
    .addCommand(exportCommand(io))
    .addCommand(importCommand(io));
}

function listCommand(io: CliIo): Command {
  return new Command('list')
    .description('the devices, newest first')
    .option('--status <status>', 'only devices of this status, for example pending')
    .option('--all', 'also devices that were removed')
    .option('--text <text>', 'only devices with this in UUID, MAC or location')
    .option('--limit <count>', 'at most so many devices')
    .option('--json', 'print one JSON object a line')
    .action((options: ListOptions, command: Command) =>
      withRegistry(io, command, (registry) => list(io, registry, options)),
    );
}

function showCommand(io: CliIo): Command {
  return new Command('show')
    .description('one device with the history of its keys and attempts')
    .argument('<device>', 'MAC or UUID')
    .option('--json', 'print one JSON object')
    .action((device: string, { json }: { json?: boolean }, command: Command) =>
      withRegistry(io, command, async (registry) => {
        const history = await registry.show(parseDevice(device));
        io.stdout(json === true ? jsonLine({ type: 'device', ...history }) : describe(history));
      }),
    );
}

function revealCommand(io: CliIo): Command {
  return new Command('reveal')
    .description('print the PSK of a device; who asked and why is recorded')
    .argument('<mac>', 'MAC of the device')
    .requiredOption('--reason <text>', 'why the key is needed')
    .action((mac: string, { reason }: { reason: string }, command: Command) =>
      withRegistry(io, command, async (registry) => {
        io.stdout(`${await registry.reveal(parseMac(mac), reason)}\n`);
      }),
    );
}

async function list(io: CliIo, registry: Registry, options: ListOptions): Promise<void> {
  const { status, all: includeRemoved, text, json } = options;
  let left = parseLimit(options.limit);
  if (json !== true) io.stdout(row(HEADINGS));
  let after: string | undefined;
  do {
    const page = await registry.list({ status, includeRemoved, text, after, limit: Math.min(left, PAGE) });
    for (const device of page.devices) {
      io.stdout(json === true ? jsonLine({ type: 'device', ...device }) : row(cells(device)));
    }
    await io.drained();
    left -= page.devices.length;
    after = page.next;
  } while (after !== undefined && left > 0);
}

function parseLimit(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new EspmintError('INPUT_INVALID', {
    field: '--limit',
    reason: 'is not a count',
    hint: 'give a whole number from 1 on',
  });
}

const HEADINGS = ['MAC', 'UUID', 'STATUS', 'PROVISIONED (UTC)', 'FIRMWARE', 'LOCATION'];
const WIDTHS = [17, 36, 11, 19, 10, 0];

function cells(device: DeviceRecord): string[] {
  const { mac, uuid, status, provisionedAt, firmwareVersion = '-', location = '-' } = device;
  return [mac, uuid, status, minuteTime(provisionedAt), firmwareVersion, location];
}

function row(texts: readonly string[]): string {
  return `${texts
    .map((text, index) => printable(text).padEnd(WIDTHS[index] ?? 0))
    .join('  ')
    .trimEnd()}\n`;
}

/** Other programs write the registry too: nothing of theirs may steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\u{fffd}');
}

function minuteTime(iso: string | undefined): string {
  return iso === undefined ? '-' : iso.slice(0, 19).replace('T', ' ');
}

function describe(device: DeviceHistory): string {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['MAC', device.mac],
    ['UUID', device.uuid],
    ['status', device.status],
    ['provisioned', device.provisionedAt],
    ['CA URL', device.caUrl],
    ['Wi-Fi SSID', device.wifiSsid],
    ['firmware', device.firmwareVersion],
    ['hardware', device.hardwareRevision],
    ['location', device.location],
  ];
  const lines = facts.flatMap(([name, text]) =>
    text === undefined ? [] : [`${name.padEnd(12)} ${printable(text)}`],
  );
  const keys = device.keys.map(
    ({ id, state, createdAt }) =>
      `key ${String(id).padEnd(8)} ${state.padEnd(10)} made ${minuteTime(createdAt)}`,
  );
  const attempts = device.attempts.map(({ outcome, startedAt, stage, code }) => {
    const why = [stage, code].filter((part) => part !== undefined).join(': ');
    return `attempt      ${outcome.padEnd(10)} ${minuteTime(startedAt)} ${why}`.trimEnd();
  });
  return `${[...lines, '', ...keys, '', ...attempts].join('\n').trimEnd()}\n`;
}
