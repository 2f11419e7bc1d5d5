// Words, numbers and colours that all reporters share.
import { describeConflict } from '../../core/conflict.js';
import type { ProvisionResult } from '../../core/stages.js';
import { STAGES } from '../../core/stages.js';
import { formatMoment, systemZone } from '../../core/times.js';
import { printable, shownWidth } from './printable.js';
import { colours } from './colours.js';
import { Table, type Painted } from './table.js';

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
  const { text, paint } = verdict(result);
  return paint(text);
}

function verdict(result: ProvisionResult): Painted {
  const bold = (paint: (text: string) => string) => (text: string) => paint(colours.bold(text));
  if (result.ok) return { text: '✓ PASS', paint: bold(colours.green) };
  if (result.code === 'CANCELLED') return { text: '■ STOP', paint: bold(colours.yellow) };
  return { text: '✕ FAIL', paint: bold(colours.red) };
}

/** The closing table: for each board who it is, and below that where the time went, or why it failed. */
export function formatResultTable(results: readonly ProvisionResult[], columns = Infinity): string {
  const rows = results.map((result) => {
    const { text, paint } = verdict(result);
    return [
      result.port,
      result.ok ? result.chip : undefined,
      result.mac,
      result.uuid,
      { text: `${text} ${formatDuration(result.durationMs)}`, paint },
    ];
  });
  let table = '';
  const stdout = (text: string): void => void (table += text);
  new Table({ stdout, outputColumns: columns }, RESULT_HEADS).add(rows, (index) => {
    const result = results[index];
    return result === undefined ? [] : notesOf(result, columns - INDENT_CHARS);
  });
  return table;
}

function notesOf(result: ProvisionResult, columns: number): string[] {
  return [...wrapped(printable(formatDetail(result)), columns).map(colours.dim), ...formatHistories(result)];
}

/** Of a board that contradicts the registry: both histories. Other programs write the registry too. */
export function formatHistories(result: ProvisionResult): string[] {
  if (result.ok || result.conflict === undefined) return [];
  return describeConflict(result.conflict, systemZone()).map(printable);
}

const RESULT_HEADS = ['PORT', 'CHIP', 'MAC', 'UUID', 'RESULT'];
/** Of the lines below a row. */
const INDENT_CHARS = 2;

/** What failed, where the port stands beside it already. */
export function withoutPort({ port, message }: { readonly port: string; readonly message: string }): string {
  return message.startsWith(`${port}: `) ? message.slice(port.length + 2) : message;
}

/** Broken at spaces; a word that is longer than a line stays whole. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || shownWidth(last) + 1 + shownWidth(word) > columns) lines.push(word);
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
