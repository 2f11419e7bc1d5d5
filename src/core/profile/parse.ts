// Reads a profile from YAML text and says what is wrong with line and column.
import {
  Composer,
  type CST,
  LineCounter,
  Parser,
  isCollection,
  isMap,
  isNode,
  isScalar,
  parseDocument,
  visit,
  YAMLParseError,
  type Document,
  type Node,
} from 'yaml';
import type { z } from 'zod';
import type { ErrorDetails } from '../errors/catalog.js';
import { EspmintError, type ErrorCode } from '../errors/index.js';
import { checkCaUrl } from '../ca-url.js';
import { checkWifi, limitsOf } from '../wifi.js';
import { ruleOf } from '../schema-words.js';
import { findFaultyText } from '../text.js';
import type { Why } from '../why.js';
import { unknownPlaceholder } from './template.js';
import { profileSchema, type Profile } from './schema.js';

/** A finding at a place of the file; the first one is thrown, all are in `findings`. */
export interface ProfileFinding {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** `wifi.ssid` style; empty for the whole file. */
  readonly path: string;
  readonly reason: string;
  /** Of the error table, where it is one of its errors. */
  readonly code?: ErrorCode;
  readonly why?: Why;
  /** What fits, where it is too long. */
  readonly maxBytes?: number;
}

/** A profile with hundreds of rows, certificates among them. */
const MOST_CHARACTERS = 128 * 1024;
/** Lines, names, list entries and brackets together: reading a text costs time by these. */
const MOST_PARTS = 3_000;
/** Levels, counted generously: as columns, too. The library calls itself once for each, and a full stack ends the program. */
const MOST_DEPTH = 100;
/** References to other parts of the text, and names that are no plain text: the library takes exponential time for many. */
const MOST_TRICKS = 20;
/** Nobody reads more of them at once. */
const MOST_FINDINGS = 100;

type PathPart = string | number;
const HINT = 'correct the profile, or look at a commented one with `espmint profile init`';

/**
 * Parses and checks a profile.
 * @param file name used in messages only.
 * @throws PROFILE_INVALID with the first finding.
 */
export function parseProfile(text: string, file: string): Profile {
  return orThrow(checkProfile(text), file);
}

/** The same for whoever has others to serve: `nextTurn` is awaited after each piece of some milliseconds. */
export async function parseProfileInTurns(text: string, file: string, nextTurn: NextTurn): Promise<Profile> {
  return orThrow(await checkProfileInTurns(text, nextTurn), file);
}

export type NextTurn = () => Promise<void>;
/** `read`: what stands in one that is refused, where it could be read. */
type Checked = { profile: Profile } | { findings: ProfileFinding[]; read?: unknown };

function orThrow(result: Checked, file: string): Profile {
  if ('profile' in result) return result.profile;
  const first = result.findings[0];
  if (first === undefined)
    throw new EspmintError('INTERNAL', { reason: 'a refused profile without a finding' });
  const { line, column, path, reason } = first;
  throw new EspmintError('PROFILE_INVALID', { file, line, column, path, reason, hint: HINT });
}

/** All findings at once, for `espmint profile check` and the editor form. Never throws. */
export function checkProfile(text: string): Checked {
  const tooMuch = refuseSize(text);
  if (tooMuch !== undefined) return tooMuch;
  const lines = new LineCounter();
  const document = compose([...new Parser(lines.addNewLine).parse(text)], text.length);
  return oddities(document, lines) ?? checkSettings(document, lines);
}

/** The same, see parseProfileInTurns. Never throws. */
export async function checkProfileInTurns(text: string, nextTurn: NextTurn): Promise<Checked> {
  const tooMuch = refuseSize(text);
  if (tooMuch !== undefined) return tooMuch;
  const lines = new LineCounter();
  // It tells of the first line again with each piece until something has ended.
  const parser = new Parser((offset) => {
    if (offset > (lines.lineStarts.at(-1) ?? -1)) lines.addNewLine(offset);
  });
  const tokens: CST.Token[] = [];
  for (let at = 0; at < text.length; at += PIECE_CHARACTERS) {
    const next = at + PIECE_CHARACTERS;
    tokens.push(...parser.parse(text.slice(at, next), next < text.length));
    await nextTurn();
  }
  const document = compose(tokens, text.length);
  await nextTurn();
  const odd = oddities(document, lines);
  if (odd !== undefined) return odd;
  await nextTurn();
  return checkSettings(document, lines);
}

/** Of a text that is read in turns. */
const PIECE_CHARACTERS = 2048;

function refuseSize(text: string): Checked | undefined {
  const reason = sizeFault(text);
  return reason === undefined ? undefined : { findings: [{ line: 1, column: 1, path: '', reason }] };
}

/** As the library's parseDocument does, but for the sentence of each error, which is made with the place below. */
function compose(tokens: readonly CST.Token[], length: number): Document.Parsed {
  // The library compares each name with each other one.
  const options = { prettyErrors: false, uniqueKeys: false } as const;
  const [document, second] = new Composer(options).compose(tokens, true, length);
  if (document === undefined) throw new EspmintError('INTERNAL', { reason: 'a text without a document' });
  if (second !== undefined)
    document.errors.push(
      new YAMLParseError(
        [second.range[0], second.range[1]],
        'MULTIPLE_DOCS',
        'it holds more than one document',
      ),
    );
  return document;
}

/** Where a setting stands in a text that `checkProfile` has taken: of `wifi.password`, say. */
export function locateSetting(text: string, path: string): { line: number; column: number } {
  const lines = new LineCounter();
  return locator(parseDocument(text, { lineCounter: lines, uniqueKeys: false }), lines)(path.split('.'));
}

/** Why a text is more than a profile can be: reading it would take more than some milliseconds, or more stack than there is. */
function sizeFault(text: string): string | undefined {
  if (text.length > MOST_CHARACTERS) return `has more than ${MOST_CHARACTERS} characters`;
  let [parts, depth, deepest] = [0, 0, 0];
  for (const char of text) {
    if (PARTS.has(char)) parts += 1;
    if (char === '[' || char === '{') depth += 1;
    else if (char === ']' || char === '}') depth = Math.max(0, depth - 1);
    deepest = Math.max(deepest, depth);
  }
  for (const line of text.split(/[\r\n]/)) {
    // Dashes, question marks and colons stand in values too: only those before a blank begin something.
    const begun = line.match(/[-?:](?=\s|$)/g)?.length ?? 0;
    parts += begun;
    deepest = Math.max(deepest, begun, line.length - line.trimStart().length);
  }
  if (parts > MOST_PARTS) return `has more than ${MOST_PARTS} lines, names and brackets`;
  if (deepest > MOST_DEPTH) return 'is nested too deeply';
  const tricks = text.match(/(?<![^\s[{,:-])(?:\*|\?(?=\s))/g)?.length ?? 0;
  return tricks > MOST_TRICKS ? `has more than ${MOST_TRICKS} references and question marks` : undefined;
}
const PARTS = new Set(['\n', '\r', ',', '[', ']', '{', '}', '&', '*', '!', '"', "'"]);

/** What makes it no profile before its settings are looked at; undefined where nothing does. */
function oddities(document: Document.Parsed, lines: LineCounter): Checked | undefined {
  if (document.errors.length > 0) {
    const findings = document.errors.slice(0, MOST_FINDINGS).map((error) => ({
      ...position(lines, error.pos[0]),
      path: '',
      reason: `is not valid YAML: ${error.message}`,
    }));
    return { findings };
  }
  const odd = oddNodes(document);
  if (odd.length === 0) return undefined;
  return {
    findings: odd.map(({ offset, name, reason }) => ({ ...position(lines, offset), path: name, reason })),
  };
}

function checkSettings(document: Document.Parsed, lines: LineCounter): Checked {
  const locate = locator(document, lines);
  const plain = toPlain(document);
  const faulty = findFaultyText(plain);
  if (faulty !== undefined) {
    const { path, reason } = faulty;
    return { findings: [{ ...locate(path), path: path.join('.'), reason }] };
  }
  const parsed = profileSchema.safeParse(plain);
  if (!parsed.success) return { findings: findingsOf(parsed.error.issues, locate), read: plain };
  const findings = semanticFindings(parsed.data)
    .slice(0, MOST_FINDINGS)
    .map(({ path, ...finding }) => ({ ...locate(path), path: path.join('.'), ...finding }));
  return findings.length > 0 ? { findings, read: plain } : { profile: parsed.data };
}

interface OddNode {
  readonly offset: number;
  readonly name: string;
  readonly reason: string;
}

/**
 * What no profile needs: names that stand twice (only one of their values would count), names that are no plain text,
 * and parts that hold themselves. The library takes exponential time and memory for the last two.
 */
function oddNodes(document: Document.Parsed): OddNode[] {
  const odd: OddNode[] = [];
  const note = (node: unknown, name: string, reason: string): void => {
    odd.push({ offset: isNode(node) ? (node.range?.[0] ?? 0) : 0, name, reason });
  };
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : '';
        if (!isScalar(key)) note(key, '', 'has a name that is no plain text');
        else if (seen.has(name)) note(key, name, 'is there twice');
        seen.add(name);
      }
      return odd.length >= MOST_FINDINGS ? visit.BREAK : undefined;
    },
    Alias: (_, alias, path) => {
      const holdsItself = path.some((part) => isCollection(part) && part.anchor === alias.source);
      if (holdsItself) note(alias, '', 'refers to a part that it stands in');
    },
  });
  return odd.slice(0, MOST_FINDINGS);
}

/** YAML's aliases can blow a small text up: the library's limit turns that into an error, which is a finding here. */
function toPlain(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch {
    return undefined;
  }
}

type Locate = (path: readonly PathPart[]) => { line: number; column: number };

function locator(document: Document.Parsed, lines: LineCounter): Locate {
  return (path) => {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = nodeAt(document, path.slice(0, depth));
      if (node?.range) return position(lines, node.range[0]);
    }
    return { line: 1, column: 1 };
  };
}

/** The key where there is one (that is where a reader looks), else the value. */
function nodeAt(document: Document.Parsed, path: readonly PathPart[]): Node | undefined {
  if (path.length === 0) return document.contents ?? undefined;
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const name = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === name);
    if (pair !== undefined && isScalar(pair.key)) return pair.key;
    return undefined;
  }
  const value: unknown = document.getIn(path, true);
  return isScalar(value) || isMap(value) ? value : undefined;
}

function position(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function findingsOf(issues: readonly z.core.$ZodIssue[], locate: Locate): ProfileFinding[] {
  const findings: ProfileFinding[] = [];
  for (const issue of typosFirst(issues)) {
    findings.push(...describe(issue, locate, MOST_FINDINGS - findings.length));
    if (findings.length >= MOST_FINDINGS) break;
  }
  return findings;
}

function describe(issue: z.core.$ZodIssue, locate: Locate, most: number): ProfileFinding[] {
  const path = issue.path.filter((part): part is PathPart => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, most).map((key) => ({
      ...locate([...path, key]),
      path: [...path, key].join('.'),
      reason: 'is not a setting of a profile',
    }));
  }
  const reason = reasonOf(issue);
  return [
    { ...locate(path), path: path.join('.'), reason, ...(reason === MISSING ? { why: 'missing' } : {}) },
  ];
}

/** A misspelt setting is reported before the one that is missing because of it. */
function typosFirst(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const isTypo = (issue: z.core.$ZodIssue): boolean => issue.code === 'unrecognized_keys';
  return [...issues.filter(isTypo), ...issues.filter((issue) => !isTypo(issue))];
}

const MISSING = 'is missing';

function reasonOf(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith('must ')) return issue.message;
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return MISSING;
  const rule = ruleOf(issue);
  if (rule !== undefined) return rule;
  return `is not accepted (${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)})`;
}

type SemanticFinding = Omit<ProfileFinding, 'line' | 'column' | 'path'> & { readonly path: PathPart[] };

/** What types alone cannot say: the same checks that the flow makes, here with their place in the file. */
function semanticFindings(profile: Profile): SemanticFinding[] {
  const findings: SemanticFinding[] = [];
  const attempt = (path: PathPart[], check: () => void): void => {
    try {
      check();
    } catch (error) {
      if (!(error instanceof EspmintError)) throw error;
      const { code, message, details } = error as EspmintError;
      const { why, maxBytes } = details as Partial<ErrorDetails<'WIFI_INVALID'>>;
      const facts = {
        ...(why === undefined ? {} : { why }),
        ...(maxBytes === undefined ? {} : { maxBytes }),
      };
      findings.push({ path, reason: `is not accepted: ${message}`, code, ...facts });
    }
  };
  const { caUrl, wifi } = profile;
  if (caUrl !== undefined) attempt(['caUrl'], () => checkCaUrl(caUrl));
  const { ssid } = wifi ?? {};
  if (ssid !== undefined) attempt(['wifi', 'ssid'], () => checkWifi({ ssid }, wifi && limitsOf(wifi)));
  findings.push(...networkColumnFindings(profile));
  const columns = profile.values?.columns.map(({ name }) => name);
  const checkText = (path: PathPart[], text: unknown): void => {
    const unknown = typeof text === 'string' ? unknownPlaceholder(text, columns) : undefined;
    if (unknown !== undefined) findings.push({ path, reason: `has the unknown placeholder {{${unknown}}}` });
  };
  profile.nvs.rows.forEach((row, index) => checkText(['nvs', 'rows', index, 'value'], row.value));
  profile.regions.forEach((region, at) => {
    checkText(['regions', at, 'text'], region.text);
    region.nvs?.rows.forEach((row, index) =>
      checkText(['regions', at, 'nvs', 'rows', index, 'value'], row.value),
    );
  });
  return findings;
}

/** The columns of a board's own network are columns of its list, and the password is sealed like a key. */
function networkColumnFindings({ wifi, values }: Profile): { path: PathPart[]; reason: string }[] {
  return Object.entries(wifi?.columns ?? {}).flatMap(([of, name]) => {
    const column = values?.columns.find((one) => one.name === name);
    const reason =
      column === undefined
        ? `is "${name}", which is no column of the list of values`
        : column.type !== 'string' || column.file
          ? `is "${name}", which is no column of text`
          : of === 'password' && !column.secret
            ? `is "${name}", whose column must say secret: true`
            : undefined;
    return reason === undefined ? [] : [{ path: ['wifi', 'columns', of], reason }];
  });
}
