// docs/reference/openapi.json: the interface as an OpenAPI 3.1 document, made from the schemas that check requests and answers.
import { z } from 'zod';
import { API_PREFIX, errorSchema, isTextAnswer, liveEventSchema, operationList } from './contract/index.js';
import { COOKIE_IN_FILE } from './http/openapi.js';
import { querySchema } from './http/operations.js';

type JsonSchema = z.core.JSONSchema.BaseSchema;
/** As requests bring values, and as answers hold them: defaults make them differ. */
type Direction = 'input' | 'output';

type Schemas = Record<string, JsonSchema>;

/** One line for each path and each named schema: a change of the contract shows as the lines that it changes. */
export function openApiFile(version: string): string {
  return `${JSON.stringify(openApi(version)).replaceAll(/([,{])(?="(?:\/[^"]*|[A-Z]\w*)":)/g, '$1\n')}\n`;
}

function openApi(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  const schemas: Schemas = {};
  for (const operation of operationList) {
    const path = `${API_PREFIX}${operation.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    (paths[path] ??= {})[operation.method.toLowerCase()] = describe(operation, schemas);
  }
  // No operation's JSON refers to it: events carry it.
  jsonOf(liveEventSchema, 'output', schemas);
  return {
    openapi: '3.1.0',
    info: {
      title: 'espmint',
      version,
      description: 'Gives every ESP32 its identity. Each data field of GET /events is one LiveEvent.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Relative: the document is true under whatever name and port it was fetched from.
    servers: [{ url: '/' }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: COOKIE_IN_FILE },
      },
      schemas,
    },
  };
}

function describe(operation: (typeof operationList)[number], schemas: Schemas): object {
  const { id, path, summary, role, params, query, body, upload, response } = operation;
  const json = (schema: z.ZodType, direction: Direction): object =>
    content([JSON_TYPE], jsonOf(schema, direction, schemas));
  const taken = upload === undefined ? body && json(body, 'input') : content(upload, FILE);
  const answer = isTextAnswer(response)
    ? { description: response.description, ...content([response.contentType], { type: 'string' }) }
    : { description: 'Done', ...json(response, 'output') };
  const parameters = [
    ...parametersOf('query', querySchema(query), schemas),
    ...parametersOf('path', params, schemas),
  ];
  return {
    operationId: id,
    summary,
    tags: [path.split('/')[1] ?? ''],
    ...(role === 'anyone' ? { security: [] } : { description: `Needs the role ${role}.` }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(taken === undefined ? {} : { requestBody: { required: true, ...taken } }),
    responses: {
      200: answer,
      default: { description: 'Refused; see Error', ...json(errorSchema, 'output') },
    },
  };
}

const JSON_TYPE = 'application/json';
const FILE: JsonSchema = { type: 'string', format: 'binary' };
const content = (types: readonly string[], schema: JsonSchema): object => ({
  content: Object.fromEntries(types.map((type) => [type, { schema }])),
});

function parametersOf(place: 'query' | 'path', schema: z.ZodObject | undefined, schemas: Schemas): object[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]: [string, z.ZodType]) => {
    const { description, ...json } = jsonOf(field, 'input', schemas);
    const required = place === 'path' || !field.safeParse(undefined).success;
    return { name, in: place, required, schema: json, ...(description === undefined ? {} : { description }) };
  });
}

/** With `#/components/schemas/NAME` for what has a name; what names mean is gathered in `schemas`. */
function jsonOf(schema: z.ZodType, direction: Direction, schemas: Schemas): JsonSchema {
  const suffix = direction === 'input' ? 'Input' : '';
  const made = z.toJSONSchema(schema, {
    io: direction,
    // BigInt, which no JSON holds, is one choice of some unions.
    unrepresentable: 'any',
    // Answers may gain fields within v1: a client must not rely on it that there will never be more.
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      const { anyOf } = jsonSchema;
      if (anyOf !== undefined) jsonSchema.anyOf = anyOf.filter((choice) => Object.keys(choice).length > 0);
    },
  });
  const text = JSON.stringify(made).replaceAll(/"#\/\$defs\/(\w+)"/g, `"#/components/schemas/$1${suffix}"`);
  const { $schema: _, $defs = {}, ...json } = JSON.parse(text) as JsonSchema;
  for (const [name, named] of Object.entries($defs)) schemas[name + suffix] = named;
  return json;
}
