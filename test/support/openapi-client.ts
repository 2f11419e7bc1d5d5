// A client made from an OpenAPI document alone, and the structural check that a document can make one.

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
}
interface OperationObject {
  readonly operationId?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, unknown> };
  readonly responses: Record<
    string,
    { readonly description?: string; readonly content?: Record<string, unknown> }
  >;
}
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Record<string, Record<string, OperationObject>>;
  readonly components?: { readonly schemas?: Record<string, unknown> };
}

export interface CallInput {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string | number>;
  readonly body?: object;
}
export interface CallAnswer {
  readonly status: number;
  readonly text: string;
  /** The parsed body, where it is JSON. */
  readonly json: Record<string, unknown>;
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const REF = /"\$ref":"#\/components\/schemas\/([^"]+)"/g;

/** Everything that is structurally wrong with a document; empty when it is sound. */
export function faultsOf(document: OpenApiDocument): string[] {
  const faults: string[] = [];
  if (!/^3\.1\.\d+$/.test(document.openapi)) faults.push(`openapi is ${document.openapi}`);
  const schemas = Object.keys(document.components?.schemas ?? {});
  for (const [, name = ''] of JSON.stringify(document).matchAll(REF)) {
    if (!schemas.includes(name)) faults.push(`nothing is called ${name}`);
  }
  const ids = new Set<string>();
  for (const { id, method, path, operation } of operationsOf(document)) {
    const where = `${method} ${path}`;
    if (id === undefined) faults.push(`${where} has no operationId`);
    else if (ids.has(id)) faults.push(`${where}: ${id} is used twice`);
    else ids.add(id);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    if (declared.some(({ required }) => required !== true))
      faults.push(`${where}: a path parameter is optional`);
    if (
      declared
        .map(({ name }) => name)
        .sort()
        .join() !== inPath.sort().join()
    ) {
      faults.push(`${where}: path parameters are ${inPath.join()} and declared are others`);
    }
    for (const status of ['200', 'default']) {
      const { description, content } = operation.responses[status] ?? {};
      if (description === undefined || content === undefined)
        faults.push(`${where}: ${status} is not described`);
    }
  }
  return faults;
}

/** One function for each operationId. */
export function clientOf(document: OpenApiDocument, baseUrl: string, token?: string) {
  const operations = new Map(operationsOf(document).map((operation) => [operation.id, operation]));
  return async (operationId: string, input: CallInput = {}): Promise<CallAnswer> => {
    const found = operations.get(operationId);
    if (found === undefined) throw new Error(`the document has no operation ${operationId}`);
    const path = found.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(input.params?.[name] ?? ''),
    );
    const url = new URL(path, baseUrl);
    for (const [name, value] of Object.entries(input.query ?? {})) url.searchParams.set(name, String(value));
    const response = await fetch(url, {
      method: found.method.toUpperCase(),
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
    });
    const text = await response.text();
    return { status: response.status, text, json: parse(text) };
  };
}

function operationsOf({ paths }: OpenApiDocument) {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => ({ id: operation.operationId, method, path, operation })),
  );
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
