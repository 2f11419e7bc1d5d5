// An example of any schema of the HTTP contract, and the same with a secret planted at every depth.
import { z } from 'zod';

/** A value that the schema accepts; optional fields are filled in too. */
export function exampleOf(schema: z.ZodType): unknown {
  const example = build(schema, undefined);
  const parsed = schema.safeParse(example);
  if (!parsed.success) throw new Error(`no example of a schema: ${parsed.error.message}`);
  return example;
}

/** The same with a field too many, holding `secret`, in every object. Strict schemas refuse those: they get none. */
export function plantedExampleOf(schema: z.ZodType, secret: string): unknown {
  return build(schema, secret);
}

const PATTERNS: readonly string[] = [
  'lan',
  'nvs',
  '2026-05-04T12:00:00Z',
  'file:lab',
  '110e3dc9-fa05-568f-a05a-98d00891029d',
];

function build(schema: z.ZodType, secret: string | undefined): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    const inner = build(schema.unwrap() as z.ZodType, secret);
    // Rules that span fields may stand outside: the default keeps them.
    return schema.safeParse(inner).success ? inner : schema.parse(undefined);
  }
  if (schema instanceof z.ZodObject) return buildObject(schema, secret);
  if (schema instanceof z.ZodArray) return [build(schema.element as z.ZodType, secret)];
  if (schema instanceof z.ZodUnion) return build(schema.options[0] as z.ZodType, secret);
  if (schema instanceof z.ZodEnum) return schema.options[0];
  if (schema instanceof z.ZodLiteral) return [...schema.values][0];
  if (schema instanceof z.ZodRecord) return {};
  if (schema instanceof z.ZodBoolean) return true;
  if (schema instanceof z.ZodNumber)
    return [1, 20, 0x3000].find((number) => schema.safeParse(number).success);
  return [...PATTERNS, 'long enough for a password'].find((text) => schema.safeParse(text).success);
}

function buildObject(schema: z.ZodObject, secret: string | undefined): object {
  const fields = Object.entries<z.ZodType>(schema.shape);
  const isStrict = schema.def.catchall instanceof z.ZodNever;
  const extra = secret === undefined || isStrict ? {} : { planted: secret };
  const fill = (chosen: typeof fields): object => ({
    ...Object.fromEntries(chosen.map(([name, field]) => [name, build(field, secret)])),
    ...extra,
  });
  const full = fill(fields);
  if (accepts(schema, full)) return full;
  // Fields that exclude each other: without the optional ones. An answer has those with a default.
  const certain = fill(fields.filter(([, field]) => !(field instanceof z.ZodOptional)));
  if (accepts(schema, certain)) return certain;
  return fill(fields.filter(([, field]) => !accepts(field, undefined)));
}

function accepts(schema: z.ZodType, value: unknown): boolean {
  return schema.safeParse(value).success;
}
