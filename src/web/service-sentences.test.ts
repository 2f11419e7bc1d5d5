// Whoever reads one language only: what the service says in English comes with a code, and no page shows it as it is.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { errorSchema, liveEventSchema, OPERATIONS } from '../service/contract/index.js';

interface Shape {
  readonly type?: string;
  readonly [name: string]: unknown;
}

/** Names of texts that are sentences, whoever wrote them. */
const SENTENCES = /^(message|next|reason|text|error|lastError|hint|detail|note|why|cause|advice)$/i;
/** Typed by a person, in his own language; or no sentence. */
const OF_PERSONS = [
  'Batch.reason',
  'Conflict.decided.reason',
  'ListEntry.reason',
  'ProfileVersion.note',
  'SavedProfile.note',
  'SavedProfile.settings.regions.text',
  'SavedProfile.text',
  'ValueRow.reason',
  'listAudit.next',
  'listDevices.next',
  'listProfiles.profiles.note',
];
/** `Owner.field` of each text with such a name, whose object has neither a code nor a why. */
function bareSentences(shape: Shape, owner: string, into: Set<string>): Set<string> {
  const properties = (shape['properties'] ?? {}) as Readonly<Record<string, Shape>>;
  for (const [name, field] of Object.entries(properties)) {
    const isCoded = 'code' in properties || 'why' in properties;
    if (field.type === 'string' && field['enum'] === undefined && SENTENCES.test(name) && !isCoded)
      into.add(`${owner}.${name}`);
    bareSentences(field, `${owner}.${name}`, into);
  }
  const inner = ['items', 'anyOf', 'oneOf', 'allOf', 'additionalProperties'].flatMap(
    (key) => shape[key] ?? [],
  );
  for (const part of inner as Shape[]) bareSentences(part, owner, into);
  for (const [name, part] of Object.entries((shape['$defs'] ?? {}) as Readonly<Record<string, Shape>>))
    bareSentences(part, name, into);
  return into;
}

it('each sentence of the service has a code beside it, for the page to say it in another language', () => {
  const found = new Set<string>();
  const answers = Object.entries(OPERATIONS).flatMap(([id, { response }]) =>
    response instanceof z.ZodType ? [[id, response] as const] : [],
  );
  expect(answers.length).toBeGreaterThan(50);
  for (const [name, schema] of [...answers, ['LiveEvent', liveEventSchema], ['Error', errorSchema]] as const)
    bareSentences(z.toJSONSchema(schema, { unrepresentable: 'any' }) as Shape, name, found);
  expect([...found].sort()).toEqual([...OF_PERSONS].sort());
});

it('no page shows such a sentence but by the parts that fold it away', () => {
  const web = fileURLToPath(new URL('.', import.meta.url));
  const shown = readdirSync(web, { recursive: true, encoding: 'utf8' }).flatMap((path) =>
    !path.endsWith('.tsx')
      ? []
      : // A child of an element, and no attribute: `{message}`, `{failure.next}`.
        [
          ...readFileSync(`${web}/${path}`, 'utf8').matchAll(
            /(?<!=)\{(?:sentence\()?[\w?]*(?:\.?\b(?:message|lastError)|failure\.next)\)?\}/g,
          ),
        ].map(([text]) => `${path}: ${text}`),
  );
  expect(shown).toEqual(['ui/service-words.tsx: {sentence(message)}']);
});
