// Words, numbers and colours that all reporters share.
import pc from 'picocolors';
import type { ProvisionResult } from '../../core/stages.js';
import { STAGES } from '../../core/stages.js';

/** `0.41 s`; milliseconds where a second would hide the difference. */
export function formatDuration(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`;
}

/** `0x9000`. */
export function formatHex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** Result said with a mark, a word and a colour, so that none of them is needed alone. */
export function formatVerdict(result: ProvisionResult): string {
  return result.ok ? pc.green(pc.bold('✓ PASS')) : pc.red(pc.bold('✕ FAIL'));
}

/**
 * The closing table: a head, then two lines a board: who it is, and where the time went.
 * A failed board says its stage, reason and code on the second line instead.
 */
export function formatResultTable(results: readonly ProvisionResult[]): string {
  const rows = results.map((result) => [
    result.port,
    result.ok ? result.chip : '-',
    result.mac ?? '-',
    result.uuid ?? '-',
    `${formatVerdict(result)} ${formatDuration(result.durationMs)}`,
  ]);
  const head = ['PORT', 'CHIP', 'MAC', 'UUID', 'RESULT'];
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? title).length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ');
  const body = results.flatMap((result, index) => [
    line(rows[index] ?? []),
    `  ${pc.dim(formatSecondLine(result))}`,
  ]);
  return [pc.dim(line(head)), ...body, ''].join('\n');
}

function formatSecondLine(result: ProvisionResult): string {
  if (!result.ok) return `${result.stage}: ${result.message} [${result.code}]`;
  const times = STAGES.flatMap((stage) => {
    const ms = result.stagesMs[stage];
    return ms === undefined ? [] : [`${stage} ${Math.round(ms)}`];
  });
  return `${times.join(' · ')} ms`;
}
