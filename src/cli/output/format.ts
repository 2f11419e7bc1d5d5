// Words, numbers and colours that all reporters share.
import { describeConflict } from '../../core/conflict.js';
import type { ProvisionResult } from '../../core/stages.js';
import { STAGES } from '../../core/stages.js';
import { formatMoment, systemZone } from '../../core/times.js';
import { printable } from './printable.js';
import { colours } from './colours.js';

/** `0.41 s`; milliseconds where a second would hide the difference. */
export function formatDuration(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`;
}

/** `2026-11-24 14:05:00 +01:00`, in the zone of this process. */
export function shownTime(iso: string | undefined): string {
  return formatMoment(iso, systemZone());
}

/** Result said with a mark, a word and a colour, so that none of them is needed alone. */
export function formatVerdict(result: ProvisionResult): string {
  if (result.ok) return colours.green(colours.bold('✓ PASS'));
  if (result.code === 'CANCELLED') return colours.yellow(colours.bold('■ STOP'));
  return colours.red(colours.bold('✕ FAIL'));
}

/**
 * The closing table: a head, then for each board who it is, and below that where the time went, or why it failed.
 * Where the terminal is too narrow for one line, the UUID moves to the line below.
 */
export function formatResultTable(results: readonly ProvisionResult[], columns = Infinity): string {
  const cells = results.map((result) => [
    result.port,
    result.ok ? result.chip : '-',
    result.mac ?? '-',
    result.uuid ?? '-',
    `${formatVerdict(result)} ${formatDuration(result.durationMs)}`,
  ]);
  const table = [['PORT', 'CHIP', 'MAC', 'UUID', 'RESULT'], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  const isNarrow = widths.reduce((sum, width) => sum + width + GAP.length, RESULT_CHARS) > columns;
  const shown = isNarrow ? [0, 1, 2, 4] : [0, 1, 2, 3, 4];
  const line = (row: readonly string[]): string =>
    shown.map((column) => (row[column] ?? '').padEnd(widths[column] ?? 0)).join(GAP);
  const [head = '', ...rows] = table.map(line);
  const body = results.flatMap((result, index) => [
    rows[index] ?? '',
    ...(isNarrow && result.uuid !== undefined ? [INDENT + result.uuid] : []),
    ...wrapped(formatDetail(result), columns - INDENT.length - 1).map((text) => INDENT + colours.dim(text)),
    ...formatHistories(result).map((line) => INDENT + line),
  ]);
  return [colours.dim(head), ...body, ''].join('\n');
}

/** Of a board that contradicts the registry: both histories. Other programs write the registry too. */
export function formatHistories(result: ProvisionResult): string[] {
  if (result.ok || result.conflict === undefined) return [];
  return describeConflict(result.conflict, systemZone()).map(printable);
}

const GAP = '  ';
const INDENT = '  ';
/** `✓ PASS 0.41 s` and some room for slow boards. */
const RESULT_CHARS = 14;

/** What failed, where the port stands beside it already. */
export function withoutPort({ port, message }: { readonly port: string; readonly message: string }): string {
  return message.startsWith(`${port}: `) ? message.slice(port.length + 2) : message;
}

/** Broken at spaces; a word that is longer than a line stays whole. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function formatDetail(result: ProvisionResult): string {
  if (!result.ok) return `${result.stage}: ${withoutPort(result)} [${result.code}]`;
  const times = STAGES.flatMap((stage) => {
    const ms = result.stagesMs[stage];
    return ms === undefined ? [] : [`${stage} ${Math.round(ms)}`];
  });
  return `ms: ${times.join(', ')}`;
}
