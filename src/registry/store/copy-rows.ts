// Many rows into a table by COPY, in its text format (PostgreSQL, "COPY", File Formats).
import type pg from 'pg';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Bytes, nearly: a row is far too small to be sent by itself. */
const PIECE_CHARS = 65_536;
/** Of one statement on a million rows: the limit that the server has for it counts alone. */
export const NO_CLIENT_LIMIT = { query_timeout: 2 ** 31 - 1 };

/**
 * Holds one piece of the rows at a time: what reads them goes on as fast as the server takes them. A row is a text for
 * each column; undefined is null.
 *
 * @param target a table with its columns
 * @param signal ends it, also while it waits for rows. @throws what `rows` throws; the transaction is to be rolled back then
 */
export async function copyRows(
  client: pg.ClientBase,
  target: string,
  rows: AsyncIterable<readonly (string | undefined)[]>,
  signal?: AbortSignal,
): Promise<void> {
  const { from: copyFrom } = await import('pg-copy-streams');
  const copy = Object.assign(copyFrom(`copy ${target} from stdin`), NO_CLIENT_LIMIT);
  await pipeline(Readable.from(piecesOf(rows)), client.query(copy), { signal });
}

async function* piecesOf(rows: AsyncIterable<readonly (string | undefined)[]>): AsyncGenerator<string> {
  let piece = '';
  for await (const row of rows) {
    piece += `${row.map(cellText).join('\t')}\n`;
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function cellText(text: string | undefined): string {
  if (text === undefined) return String.raw`\N`;
  return /[\\\t\r\n]/.test(text) ? text.replaceAll(/[\\\t\r\n]/g, (one) => ESCAPES[one] ?? one) : text;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\r': '\\r', '\n': '\\n' };

/** An array of texts, as a cell. */
export const arrayText = (texts: readonly string[]): string =>
  `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
