// The interface as an OpenAPI 3.1 document, made from the same schemas that check requests and answers.
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { operationList } from '../contract/index.js';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';

/** Named here because no operation's JSON refers to it: events carry it. */
const ALWAYS_KEPT = ['LiveEvent'];
const REF = /"#\/components\/schemas\/([^"]+)"/g;

/** Before the operations are registered: it collects them. */
export async function registerOpenApi(
  app: FastifyInstance,
  { version, sessionCookie }: { readonly version: string; readonly sessionCookie: string },
): Promise<void> {
  const components = createJsonSchemaTransformObject({});
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'espmint',
        version,
        description: 'Gives every ESP32 its identity. Each data field of GET /events is one LiveEvent.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      // Relative: the document is true under whatever name and port it was fetched from.
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: sessionCookie },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
    transform: withUploads(createJsonSchemaTransform({})),
    transformObject: (document) => openObjects(withoutUnused(components(document))),
  });
}

type Transform = ReturnType<typeof createJsonSchemaTransform>;

/** The body of an upload is a file: it has no schema that is checked. */
function withUploads(transform: Transform): Transform {
  return (route) => {
    const { schema, url } = transform(route);
    // Routes of the page have none.
    const { operationId } = (route as { readonly schema?: { readonly operationId?: string } }).schema ?? {};
    const { upload } = operationList.find(({ id }) => id === operationId) ?? {};
    if (upload === undefined) return { schema, url };
    return { schema: { ...schema, consumes: [...upload], body: { type: 'string', format: 'binary' } }, url };
  };
}

/** The schema library lists every named schema twice, as it comes in and as it goes out: keeps what is referred to. */
function withoutUnused<T extends object>(document: T): T {
  const { components } = document as { components?: { schemas?: Record<string, unknown> } };
  const schemas = components?.schemas;
  if (schemas === undefined) return document;
  const used = new Set<string>();
  const collect = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(REF)) {
      if (used.has(name)) continue;
      used.add(name);
      collect(schemas[name]);
    }
  };
  collect({ ...document, components: undefined });
  for (const name of ALWAYS_KEPT) {
    used.add(name);
    collect(schemas[name]);
  }
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...components, schemas: kept } };
}

/** Answers may gain fields within v1: a client must not rely on it that there will never be more. */
function openObjects<T>(document: T): T {
  const text = JSON.stringify(document, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const { additionalProperties, ...rest } = value as { additionalProperties?: unknown };
    return additionalProperties === false ? rest : value;
  });
  return JSON.parse(text) as T;
}
