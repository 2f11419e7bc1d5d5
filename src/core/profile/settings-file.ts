// A small file of settings in YAML, or in JSON, which is YAML too: read, and checked against its schema.
import { isNode, parseDocument } from 'yaml';
import type { z } from 'zod';
import { SourceFault } from '../json.js';
import { ruleOf } from '../schema-words.js';

/** @throws SourceFault with the line, also for a name that stands twice */
export function parseSettings<T extends z.ZodType>(text: string, schema: T): z.output<T> {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
  const [fault] = document.errors;
  if (fault?.code === 'DUPLICATE_KEY') {
    const [, name = ''] = /^["']?([^"':\s]{1,40})/.exec(text.slice(fault.pos[0])) ?? [];
    throw new SourceFault(text, fault.pos[0], `has "${name}" twice; leave one of them out`);
  }
  if (fault !== undefined)
    throw new SourceFault(text, fault.pos[0], `is not valid YAML or JSON (${fault.message})`);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 10 });
  } catch {
    throw new SourceFault(text, 0, 'refers to other parts of itself; write each out');
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const path = issue?.path.filter((part) => typeof part !== 'symbol') ?? [];
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  const rule = issue === undefined ? 'is not valid' : (ruleOf(issue) ?? issue.message);
  const at = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  const what = path.length === 0 ? 'it' : path.join('.');
  throw new SourceFault(text, at, `is not accepted: ${what} ${rule}`);
}
