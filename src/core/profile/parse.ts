// Reads a profile from YAML text and says what is wrong with line and column.
import { LineCounter, isMap, isScalar, parseDocument, type Document, type Node } from 'yaml';
import type { z } from 'zod';
import { EspmintError } from '../errors/index.js';
import { checkCaUrl } from '../ca-url.js';
import { checkWifi } from '../wifi.js';
import { ruleOf } from '../schema-words.js';
import { findFaultyText } from '../text.js';
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
}

type PathPart = string | number;
const HINT = 'correct the profile, or look at a commented one with `espmint profile init`';

/**
 * Parses and checks a profile.
 * @param file name used in messages only.
 * @throws PROFILE_INVALID with the first finding.
 */
export function parseProfile(text: string, file: string): Profile {
  const result = checkProfile(text);
  if ('profile' in result) return result.profile;
  const first = result.findings[0];
  if (first === undefined)
    throw new EspmintError('INTERNAL', { reason: 'a refused profile without a finding' });
  throw new EspmintError('PROFILE_INVALID', { file, ...first, hint: HINT });
}

/** All findings at once, for `espmint profile check` and the editor form. Never throws. */
export function checkProfile(text: string): { profile: Profile } | { findings: ProfileFinding[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const locate = locator(document, lines);
  if (document.errors.length > 0) {
    const findings = document.errors.map((error) => ({
      ...position(lines, error.pos[0]),
      path: '',
      reason: `is not valid YAML: ${error.message}`,
    }));
    return { findings };
  }
  const plain = toPlain(document);
  const faulty = findFaultyText(plain);
  if (faulty !== undefined) {
    const { path, reason } = faulty;
    return { findings: [{ ...locate(path), path: path.join('.'), reason }] };
  }
  const parsed = profileSchema.safeParse(plain);
  if (!parsed.success)
    return { findings: typosFirst(parsed.error.issues).flatMap((issue) => describe(issue, locate)) };
  const findings = semanticFindings(parsed.data).map(({ path, reason }) => ({
    ...locate(path),
    path: path.join('.'),
    reason,
  }));
  return findings.length > 0 ? { findings } : { profile: parsed.data };
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

function describe(issue: z.core.$ZodIssue, locate: Locate): ProfileFinding[] {
  const path = issue.path.filter((part): part is PathPart => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...locate([...path, key]),
      path: [...path, key].join('.'),
      reason: 'is not a setting of a profile',
    }));
  }
  return [{ ...locate(path), path: path.join('.'), reason: reasonOf(issue) }];
}

/** A misspelt setting is reported before the one that is missing because of it. */
function typosFirst(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const isTypo = (issue: z.core.$ZodIssue): boolean => issue.code === 'unrecognized_keys';
  return [...issues.filter(isTypo), ...issues.filter((issue) => !isTypo(issue))];
}

function reasonOf(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith('must ')) return issue.message;
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return 'is missing';
  const rule = ruleOf(issue);
  if (rule !== undefined) return rule;
  return `is not accepted (${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)})`;
}

/** What types alone cannot say: the same checks that the flow makes, here with their place in the file. */
function semanticFindings(profile: Profile): { path: PathPart[]; reason: string }[] {
  const findings: { path: PathPart[]; reason: string }[] = [];
  const attempt = (path: PathPart[], check: () => void): void => {
    try {
      check();
    } catch (error) {
      if (!(error instanceof EspmintError)) throw error;
      findings.push({ path, reason: `is not accepted: ${error.message}` });
    }
  };
  const { caUrl, wifi } = profile;
  if (caUrl !== undefined) attempt(['caUrl'], () => checkCaUrl(caUrl));
  if (wifi !== undefined) attempt(['wifi', 'ssid'], () => checkWifi({ ssid: wifi.ssid }, wifi.limits));
  profile.nvs.rows.forEach((row, index) => {
    const unknown = typeof row.value === 'string' ? unknownPlaceholder(row.value) : undefined;
    if (unknown === undefined) return;
    findings.push({
      path: ['nvs', 'rows', index, 'value'],
      reason: `has the unknown placeholder {{${unknown}}}`,
    });
  });
  return findings;
}
