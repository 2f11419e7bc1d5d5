// `espmint doctor --deep`: the self-test of one board as findings, and as a file to attach to a report.
import { selfTest, withBoardDeadline, type RateFinding, type ResetFinding } from '../../../driver/index.js';
import type { Finding } from './doctor-checks.js';
import { createFile } from '../../../files/index.js';
import type { CliIo } from '../../io.js';
import { openTraced } from '../../compose/trace-file.js';
import { VERSION } from '../../version.js';

export interface BoardToTest {
  readonly port: string;
  /** File for the findings; none when absent. */
  readonly report: string | undefined;
}

/** Of several connections, each of which may be tried again at every lower rate. */
const LONGEST_MS = 600_000;

/**
 * Shows each finding as it comes. The report names neither the port nor the device.
 * @throws PORT_NOT_FOUND and its relatives, FILE_UNWRITABLE, RUN_TIMED_OUT, CANCELLED
 */
export async function testBoard(
  io: CliIo,
  { port, report: file }: BoardToTest,
  show: (name: string, finding: Finding) => void,
): Promise<void> {
  const { boardTimeoutMs: timeoutMs = LONGEST_MS, signal: stop } = io;
  const report = await withBoardDeadline({ port, timeoutMs, signal: stop }, (signal) =>
    selfTest(() => openTraced(io, port, { signal }), {
      signal,
      onReset: (finding) => show(`reset ${finding.sequence}`, resetText(finding)),
      onRate: (finding) => show(`${finding.baud} baud`, rateText(finding)),
    }),
  );
  const { chip } = report;
  if (chip !== undefined)
    show('chip', { state: 'ok', text: `${chip.description}, revision ${chip.revision}` });
  if (file === undefined) return;
  const { node } = process.versions;
  const machine = { espmint: VERSION, node, platform: process.platform, arch: process.arch };
  const link = /^\w+:\/\//.exec(port)?.[0] ?? 'device path';
  await createFile(file, `${JSON.stringify({ machine, link, ...report }, null, 2)}\n`);
  show('report', { state: 'note', text: file });
}

/** One sequence of several is enough: which one works depends on the board's circuit. */
function resetText({ ok, durationMs }: ResetFinding): Finding {
  const time = `${Math.round(durationMs)} ms`;
  return ok
    ? { state: 'ok', text: `the loader answers after ${time}` }
    : { state: 'note', text: `no answer within ${time}` };
}

function rateText(finding: RateFinding): Finding {
  const { ok, reason, connectMs = 0, answerMs = 0, readBytesPerSecond = 0 } = finding;
  if (!ok) return { state: 'fault', text: `the link does not bear this rate (${reason ?? 'no reason'})` };
  const text =
    `connected in ${Math.round(connectMs)} ms, answers in ${answerMs} ms, ` +
    `reads ${readBytesPerSecond} bytes/s, MD5 agrees`;
  return { state: 'ok', text };
}
