// Prints ZPL at a printer on the network (raw TCP, port 9100) and asks it how it fares.
import { EspmintError, isEspmintError, toEspmintError } from '../core/errors/index.js';
import type { Link } from '../driver/index.js';

export interface PrinterOptions {
  readonly address: string;
  readonly open: (address: string) => Promise<Link>;
  /** Of everything together. */
  readonly timeoutMs?: number;
  /** Called with how it went: an outage is noted with its end. */
  readonly onOutcome?: ((failure: EspmintError | undefined) => void) | undefined;
}

const TIMEOUT_MS = 10_000;
/** Many printers and all print servers never answer: then it is not known how they fare. */
const ANSWER_MS = 1500;

/**
 * One connection for each label: printers take one client at a time.
 *
 * @throws PRINTER_FAILED when the printer cannot be reached, does not take the label, or says that it cannot print
 */
export async function printLabel(zpl: string, options: PrinterOptions): Promise<void> {
  try {
    await printOnce(zpl, options);
  } catch (error) {
    options.onOutcome?.(toEspmintError(error));
    throw error;
  }
  options.onOutcome?.(undefined);
}

async function printOnce(zpl: string, options: PrinterOptions): Promise<void> {
  const { address, open, timeoutMs = TIMEOUT_MS } = options;
  const deadline = performance.now() + timeoutMs;
  const left = (): number => Math.max(1, deadline - performance.now());
  const refuse = (reason: string, cause?: unknown): EspmintError =>
    new EspmintError('PRINTER_FAILED', { printer: address, reason }, { cause });
  let link: Link | undefined;
  try {
    link = await open(address);
    const trouble = await askStatus(link, Math.min(ANSWER_MS, left()));
    if (trouble !== undefined) throw refuse(trouble);
    await link.write(new TextEncoder().encode(zpl), { timeoutMs: left() });
    // The answer comes after the label was read: a connection that is closed too early would cut it off.
    const later = await askStatus(link, Math.min(ANSWER_MS, left()));
    if (later !== undefined) throw refuse(later);
  } catch (error) {
    if (isEspmintError(error, 'PRINTER_FAILED')) throw error;
    throw refuse(toEspmintError(error).message.replace(/\.$/, ''), error);
  } finally {
    await link?.close();
  }
}

const STATUS_REQUEST = new TextEncoder().encode('~HS');
/** ~HS answers with three lines between STX and ETX. */
const STATUS_LINES = 3;
/** The three lines have 90 characters; what says more is no printer that can be asked. */
const MOST_ANSWER_BYTES = 1024;
const STX = '\u0002';
const ETX = '\u0003';

/** What keeps the printer from printing; undefined when nothing does, or when it does not say. */
async function askStatus(link: Link, timeoutMs: number): Promise<string | undefined> {
  const deadline = performance.now() + timeoutMs;
  await link.write(STATUS_REQUEST, { timeoutMs });
  let text = '';
  // Bytes that drip end the wait no later than silence does.
  for (;;) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0 || text.length > MOST_ANSWER_BYTES || linesOf(text).length >= STATUS_LINES) break;
    try {
      text += new TextDecoder('latin1').decode(await link.read({ timeoutMs: leftMs }));
    } catch (error) {
      if (isEspmintError(error, 'LINK_TIMEOUT')) break;
      throw error;
    }
  }
  return text.length > MOST_ANSWER_BYTES ? undefined : troubleIn(text);
}

/** What stands between STX and ETX, as far as it is complete. */
function linesOf(answer: string): string[] {
  const pieces = answer.split(ETX).slice(0, -1);
  return pieces.flatMap((piece) => (piece.includes(STX) ? [piece.slice(piece.indexOf(STX) + 1)] : []));
}

/** ZPL II Programming Guide, ~HS: paper out and pause in line 1, head up and ribbon out in line 2. */
function troubleIn(answer: string): string | undefined {
  const lines = linesOf(answer).map((line) => line.split(','));
  const flag = (line: number, field: number): boolean => lines[line]?.[field]?.trim() === '1';
  if (flag(0, 1)) return 'it is out of labels';
  if (flag(1, 2)) return 'its head is open';
  if (flag(1, 3)) return 'it is out of ribbon';
  if (flag(0, 2)) return 'it is paused';
  return undefined;
}
