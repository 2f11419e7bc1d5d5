// The statement of a target of the kind `sql`: checked when it is saved, compiled to numbered parameters. Values are
// bound by the server and never become part of the text.
import { EspmintError } from '../../core/errors/index.js';

/** What a statement may name, in the order of the manual. */
const PARAMETERS = [
  'uuid',
  'mac',
  'psk',
  'event',
  'status',
  'ca_url',
  'wifi_ssid',
  'firmware_version',
  'hardware_revision',
  'location',
  'provisioned_at',
  'occurred_at',
  'message_id',
] as const;
export type Parameter = (typeof PARAMETERS)[number];

/** Of the list of values that a target gets. */
export interface TargetColumns {
  readonly open: readonly string[];
  readonly secret: readonly string[];
}
/** A column of its list, written `{{column}}`. */
export interface ColumnParameter {
  readonly column: string;
}

/** With PostgreSQL's `$1`, `$2`, … and the parameter that each stands for. */
export interface CompiledStatement {
  readonly text: string;
  readonly parameters: readonly (Parameter | ColumnParameter)[];
}

/**
 * Pieces of PostgreSQL's lexical structure (manual, section 4.1) in which a colon or semicolon means nothing: strings,
 * with escapes or without, quoted names, dollar-quoted strings and comments; then casts, parameters, words and ends.
 */
const PIECES = new RegExp(
  [
    String.raw`(?<skipped>\be'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?<tag>\w*)\$.*?\$\k<tag>\$)`,
    String.raw`(?<comment>/\*|--)`,
    String.raw`(?<colons>::|:=)`,
    String.raw`:(?<parameter>[a-z_]\w*)`,
    String.raw`\{\{\s*(?<column>\w+)\s*\}\}`,
    String.raw`(?<number>\$\d+)`,
    String.raw`(?<word>[a-z_][\w$]*)`,
    String.raw`(?<end>;)`,
    String.raw`(?<open>['"])`,
  ].join('|'),
  'gis',
);

/** `select enrol(…)`, `select * from pki.enrol(…)` */
const FUNCTION_CALL = /^\s*select\s+(\*\s+from\s+)?("[^"]+"|[a-z_]\w*)(\s*\.\s*("[^"]+"|[a-z_]\w*))?\s*\(/i;
const VERBS = ['insert', 'update', 'merge', 'select'];
const LONGEST = 10_000;

function refuse(reason: string, hint: string): never {
  throw new EspmintError('PUSH_STATEMENT_INVALID', { reason, hint });
}

/**
 * @param sendsKeys whether it may name `:psk`
 * @param columns those that it may name as `{{column}}`; absent: the target gets no list
 * @throws PUSH_STATEMENT_INVALID
 */
export function compileStatement(
  statement: string,
  sendsKeys: boolean,
  columns?: TargetColumns,
): CompiledStatement {
  if (statement.length > LONGEST)
    refuse(`has more than ${LONGEST} characters`, 'put the work into a function');
  const bare = withoutComments(statement);
  const parameters: (Parameter | ColumnParameter)[] = [];
  const words: string[] = [];
  const text = bare.replaceAll(PIECES, (piece: string, ...rest: unknown[]) => {
    const found = rest.at(-1) as Readonly<Record<string, string | undefined>>;
    const offset = rest.at(-3) as number;
    if (found['open'] !== undefined) refuse('has a quote that is not closed', 'close it');
    if (found['number'] !== undefined) refuse(`names ${piece}`, 'name its parameters, for example :uuid');
    if (found['word'] !== undefined) words.push(piece.toLowerCase());
    if (found['end'] !== undefined) {
      if (/[^\s;]/.test(bare.slice(offset))) refuse('is more than one statement', 'give a single one');
      return '';
    }
    if (found['column'] !== undefined) return `$${parameters.push(checkColumn(found['column'], columns))}`;
    if (found['parameter'] === undefined) return piece;
    return `$${parameters.push(checkParameter(found['parameter'].toLowerCase(), sendsKeys))}`;
  });
  checkKind(words, text);
  if (!parameters.includes('uuid') && !parameters.includes('mac')) {
    refuse('names no device', 'use :uuid or :mac in it');
  }
  return { text: text.trim(), parameters };
}

/** Comments of PostgreSQL nest, which no regular expression follows: they are taken out before. */
function withoutComments(statement: string): string {
  const [first] = [...statement.matchAll(PIECES)].filter(({ groups }) => groups?.['comment'] !== undefined);
  if (first === undefined) return statement;
  const rest = statement.slice(endOfComment(statement, first.index));
  return `${statement.slice(0, first.index)} ${withoutComments(rest)}`;
}

function endOfComment(statement: string, start: number): number {
  if (statement.startsWith('--', start)) {
    const end = statement.indexOf('\n', start);
    return end < 0 ? statement.length : end;
  }
  let depth = 0;
  for (const match of statement.slice(start).matchAll(/\/\*|\*\//g)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return start + match.index + match[0].length;
  }
  return refuse('has a comment that is not closed', 'close it');
}

function checkParameter(name: string, sendsKeys: boolean): Parameter {
  const known = PARAMETERS.find((parameter) => parameter === name);
  if (known === undefined) {
    return refuse(
      `names :${name}, which there is not`,
      `use one of ${PARAMETERS.map((p) => `:${p}`).join(' ')}`,
    );
  }
  if (known === 'psk' && !sendsKeys)
    refuse('names :psk', 'allow that keys are sent (--send-keys), or leave the key out');
  return known;
}

function checkColumn(column: string, columns: TargetColumns | undefined): ColumnParameter {
  if (columns === undefined)
    refuse(`names the column {{${column}}}`, 'name its list of values with --values LIST');
  if (columns.secret.includes(column))
    refuse(`names the secret column {{${column}}}`, 'leave it out: pushes never have it');
  if (columns.open.includes(column)) return { column };
  const known = columns.open.map((name) => `{{${name}}}`).join(' ');
  return refuse(`names the column {{${column}}}, which its list of values has not`, `use one of ${known}`);
}

function checkKind(words: readonly string[], text: string): void {
  const [verb = ''] = words;
  if (!VERBS.includes(verb) || !/^\s*[a-z]/i.test(text)) {
    refuse('is no INSERT, UPDATE, MERGE or SELECT of a function', 'begin it with one of these');
  }
  if (verb === 'select' && !FUNCTION_CALL.test(text)) {
    refuse('is a SELECT that calls no function', 'write it as SELECT name(:uuid)');
  }
  if (verb === 'update' && !words.includes('where')) {
    refuse('is an UPDATE of all rows', 'add WHERE, for example WHERE uuid = :uuid');
  }
}
