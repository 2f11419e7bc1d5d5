// `espmint devices show`: one device with the history of its keys and attempts.
import { Command } from 'commander';
import { STAGES } from '../../../core/stages.js';
import type { AttemptRecord, AuditPage, DeviceHistory } from '../../../registry/index.js';
import type { CliIo } from '../../io.js';
import { show, type Json } from '../../output/show.js';
import { formatDuration, shownTime } from '../../output/format.js';
import { printable } from '../../output/printable.js';
import { auditLines } from './audit.js';
import { parseDeviceName } from '../../../core/device-name.js';
import { withAdministration } from './with-registry.js';

export function showCommand(io: CliIo): Command {
  return new Command('show')
    .description('one device with the history of its keys and attempts, and its audit trail')
    .argument('<device>', 'MAC, UUID or serial number')
    .option('--json', 'print one JSON object')
    .action((device: string, options: Json, command: Command) =>
      withAdministration(io, command, async (administration, { registry }) => {
        const name = parseDeviceName(device);
        const history = await registry.show(name);
        const audit = await administration.audit({ device: name, limit: AUDIT_ENTRIES });
        const text = describe(history) + describeAudit(audit, io.outputColumns);
        show(io, options, { type: 'device', ...history, audit: audit.entries }, text);
      }),
    );
}

/** The newest entries of its audit trail. */
function describeAudit({ entries, next }: AuditPage, columns: number): string {
  if (entries.length === 0) return '';
  const more = next === undefined ? [] : ['older ones: espmint devices audit'];
  return `\n${[...auditLines(entries, columns), ...more].join('\n')}\n`;
}

/** Facts, keys and attempts, with a blank line between them. */
function describe(device: DeviceHistory): string {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['MAC', device.mac],
    ['UUID', device.uuid],
    ['chip id', device.hardwareId],
    ['status', device.status],
    ['provisioned', device.provisionedAt && shownTime(device.provisionedAt)],
    ['CA URL', device.caUrl],
    ['Wi-Fi SSID', device.wifiSsid],
    ['firmware', device.firmwareVersion],
    ['hardware', device.hardwareRevision],
    ['location', device.location],
  ];
  const lines = facts.flatMap(([name, text]) =>
    text === undefined ? [] : [`${name.padEnd(NAME_CHARS)} ${text}`],
  );
  const units = device.units.map(({ batch, lot, serial, passed }) =>
    [
      `unit         ${passed ? 'passed' : 'not passed'}`,
      ...(serial === undefined ? [] : [`serial ${serial}`]),
      `batch ${batch}`,
      ...(lot === undefined ? [] : [`lot ${lot}`]),
    ].join('  '),
  );
  const keys = device.keys.map(
    ({ id, state, createdAt }) =>
      `key ${String(id).padEnd(8)} ${state.padEnd(STATE_CHARS)} made ${shownTime(createdAt)}`,
  );
  const blocks = [lines, units, keys, device.attempts.flatMap(attemptLines)].filter(
    (block) => block.length > 0,
  );
  return `${blocks.map((block) => block.map(printable).join('\n')).join('\n\n')}\n`;
}

/** Of the audit trail that `show` prints. */
const AUDIT_ENTRIES = 20;
const NAME_CHARS = 12;
const STATE_CHARS = 10;
const INDENT = ' '.repeat(NAME_CHARS + 1);
const MEBIBYTE = 1024 * 1024;

/** How it ended; then who made it and where, with what, and where the time went, as far as it is known. */
function attemptLines(attempt: AttemptRecord): string[] {
  const { outcome, startedAt, stage, code } = attempt;
  const why = [stage, code].filter((part) => part !== undefined).join(': ');
  const head = `attempt      ${outcome.padEnd(STATE_CHARS)} ${shownTime(startedAt)} ${why}`.trimEnd();
  const details = [
    whereOf(attempt),
    withWhatOf(attempt),
    firmwareOf(attempt),
    wifiOf(attempt),
    timesOf(attempt),
  ];
  const log =
    attempt.log === undefined ? [] : ['what it printed:', ...attempt.log.map((line) => `  ${line}`)];
  return [head, ...[...details.filter((line) => line !== ''), ...log].map((line) => INDENT + line)];
}

function whereOf({ station, slot, port, operator, batch }: AttemptRecord): string {
  const place = [station, slot === undefined ? undefined : `slot ${slot}`, port];
  return joined(', ', [
    joined(' ', place),
    operator === undefined ? '' : `by ${operator}`,
    batch === undefined ? '' : `batch ${batch}`,
  ]);
}

function withWhatOf({ chip, profile, baud, toolVersion }: AttemptRecord): string {
  const flash = chip === undefined || chip.flashSizeBytes === 0 ? '' : `${chip.flashSizeBytes / MEBIBYTE} MB`;
  return joined(', ', [
    chip === undefined ? '' : joined(' ', [chip.description, chip.revision, flash]),
    baud === undefined ? '' : `${baud} baud`,
    profile === undefined ? '' : `profile ${profile.name} version ${profile.version}`,
    toolVersion === undefined ? '' : `espmint ${toolVersion}`,
  ]);
}

const PROOFS = {
  log: 'its log',
  firmware: 'the word of its firmware',
  acknowledgement: 'its acknowledgement',
} as const;

function wifiOf({ wifi }: AttemptRecord): string {
  if (wifi === undefined) return '';
  const { mode, result, ssid, proof, address, reason } = wifi;
  const said = {
    joined: 'on the network',
    failed: 'not on the network',
    unproven: 'not proven',
    'not-asked': 'not asked',
  };
  const by = proof === undefined ? '' : ` by ${PROOFS[proof]}`;
  const network = ssid === undefined ? '' : ` "${printable(ssid)}"`;
  return joined(', ', [`Wi-Fi ${mode}${network}`, `${said[result]}${by}`, address, reason]);
}

/** What the application says of itself; a version that somebody typed is marked as that. */
function firmwareOf({ firmware }: AttemptRecord): string {
  const { typed, app } = firmware ?? {};
  return joined(', ', [
    app === undefined
      ? ''
      : `firmware ${app.project} ${app.version} (ESP-IDF ${app.idfVersion}, ELF ${app.elfSha256.slice(0, 16)})`,
    typed === undefined ? '' : `version ${typed} as typed`,
  ]);
}

function timesOf({ stagesMs = {} }: AttemptRecord): string {
  const times = STAGES.flatMap((stage) => {
    const ms = stagesMs[stage];
    return ms === undefined ? [] : [{ stage, ms }];
  });
  if (times.length === 0) return '';
  const totalMs = times.reduce((sum, { ms }) => sum + ms, 0);
  return `${formatDuration(totalMs)}: ${times.map(({ stage, ms }) => `${stage} ${ms}`).join(', ')} ms`;
}

/** What is there of the parts. */
function joined(between: string, parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(between);
}
