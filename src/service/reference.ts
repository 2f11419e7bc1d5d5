// The reference page of the HTTP API, made from the contract so that it cannot say anything else.
import { z } from 'zod';
import { isTextAnswer, operationList, type Operation } from './contract/index.js';

const SECTIONS: readonly { readonly title: string; readonly paths: RegExp }[] = [
  { title: 'Service', paths: /^\/(health|version|openapi|events|metrics)/ },
  { title: 'Sign-in', paths: /^\/(sessions?|users|tokens)/ },
  { title: 'Ports and boards', paths: /^\/(ports|virtual-boards)/ },
  { title: 'Jobs', paths: /^\/jobs/ },
  { title: 'Profiles', paths: /^\/(profiles|secrets|ca\/)/ },
  { title: 'Devices and registry', paths: /^\/(devices|conflicts|lists|audit|registry)/ },
  { title: 'Firmware and lists of values', paths: /^\/(firmware|values)/ },
  { title: 'Pushes', paths: /^\/push/ },
  { title: 'Station', paths: /^\/(settings|stations?)/ },
  { title: 'Batches', paths: /^\/batches/ },
  { title: 'Figures', paths: /^\/stats/ },
  { title: 'Label printers', paths: /^\/printers/ },
];

const INTRODUCTION = `# HTTP API

Made from \`src/service/contract\` by \`npm run docs\`. All paths begin with \`/api/v1\`; bodies and answers are JSON. The same
contract is served as an OpenAPI 3.1 document at \`/api/v1/openapi.json\`, and stands in [openapi.json](openapi.json) for
generators of clients. Fields may be added; none is renamed or removed within v1.

- **Errors**: 5xx means that espmint or its registry cannot answer; what a board, a port, a printer, a CA or a push
  target failed at is 424. Every other answer than 2xx is \`{"code", "message", "next", "field?", "retryable"}\`; codes stand in
  [errors.md](errors.md). \`message\` is a whole sentence; \`next\` is only the part that says what to do; \`field\` names the
  field of the request that \`BODY_INVALID\` is about.
- **Sign-in**: on loopback without users there is none. Else a person signs in at \`POST /session\` (HttpOnly cookie) and
  sends \`csrfToken\` of the answer as header \`x-csrf-token\` with every request that is not GET; a machine sends
  \`Authorization: Bearer TOKEN\`. Roles, each with the rights of those before it: viewer, operator, engineer, admin;
  [roles.md](roles.md) says who may do what.
- **Other sites**: the \`Host\` must be an address that the service was set to answer to, and an \`Origin\`, if sent, must be
  the same. There is no CORS.
- **Secrets**: only \`POST /devices/:device/reveal\` answers with a key, and only \`POST /tokens\` and \`POST /push/targets\` with
  the token or the signing secret that they made.

## Live events
\`GET /api/v1/events\` sends one JSON object in each \`data\` field, with an \`id\`. A reader that reconnects with
\`Last-Event-ID\` (browsers do) first gets what it missed; where that is gone, it gets \`reset\` and loads everything anew. A
reader that cannot keep up is disconnected, and one whose session or token ends is sent away. A comment line comes every
15 seconds.

| \`type\` | carries | means |
|---|---|---|
| \`hello\` | \`version\`, \`instance\` | first on every connection |
| \`reset\` | | events are missing: load everything anew |
| \`port\` | \`port\` | a port came, went, or shows another job |
| \`portRemoved\` | \`port\`, \`slot\` | the slot is gone |
| \`job\` | \`job\` | a job began, entered or left a stage, or ended |
| \`progress\` | \`jobId\`, \`port\`, \`stage\`, \`percent\` | at most ten a second for each job |
| \`device\` | \`mac\`, \`uuid\` | a device was reserved or proven |
| \`profile\` | \`profile\` | a version was saved |
| \`settings\` | \`settings\` | the station's settings changed |
| \`station\` | \`station\` | the station was paused or goes on, its batch has other counts, a place was taught |
| \`registry\` | \`ok\`, \`conflicts\`, \`deadPushes\`, \`failure?\`, \`spoolFaults?\` | the registry can be used, or no longer and why; or another number of conflicts, of given-up pushes or of faults in what this computer keeps for it waits for a person |
| \`changed\` | \`part\` | somebody changed something of that part of the interface (\`batches\`, \`push\`, …) through this service |
| \`stopping\` | | the service stops once running boards are done |
`;

/** docs/reference/http-api.md */
export function httpApiPage(): string {
  const sections = SECTIONS.flatMap(({ title, paths }) => {
    const rows = operationList.filter(({ path }) => paths.test(path)).map(row);
    return [`## ${title}`, '| request | role | |', '|---|---|---|', ...rows, ''];
  });
  return [INTRODUCTION, ...sections, ...shapes()].join('\n');
}

/** Every named shape with its fields, once. */
function shapes(): string[] {
  const named = new Map<string, z.ZodType>();
  const collect = (schema: z.ZodType): void => {
    const id = idOf(schema);
    if (id !== undefined) named.set(id, schema);
    for (const inner of innerOf(schema)) collect(inner);
  };
  for (const { response, body } of operationList) {
    if (!isTextAnswer(response)) collect(response);
    if (body !== undefined) collect(body);
  }
  const rows = [...named]
    .sort(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([id, schema]) => `| ${id} | ${membersOf(schema).replaceAll('|', '\\|')} |`);
  return ['## Shapes', '| name | fields |', '|---|---|', ...rows, ''];
}

function innerOf(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodObject) return Object.values<z.ZodType>(schema.shape);
  if (schema instanceof z.ZodArray) return [schema.element as z.ZodType];
  if (schema instanceof z.ZodOptional) return [schema.unwrap() as z.ZodType];
  if (schema instanceof z.ZodUnion) return [...(schema.options as z.ZodType[])];
  return [];
}

function idOf(schema: z.ZodType): string | undefined {
  return z.globalRegistry.get(schema)?.id;
}

function row(operation: Operation): string {
  const { method, path, role, summary, response } = operation;
  const answer = isTextAnswer(response) ? response.contentType : fieldsOf(response);
  const parts = [
    summary,
    ...named('query', operation.query),
    ...named('body', operation.body),
    ...(operation.upload === undefined ? [] : [`Body: a file, ${operation.upload.join(' or ')}.`]),
    `Answers ${answer}.`,
  ];
  return `| \`${method} ${path}\` | ${role} | ${parts.join(' ').replaceAll('|', '\\|')} |`;
}

function named(what: string, schema: z.ZodType | undefined): string[] {
  return schema === undefined ? [] : [`${what[0]?.toUpperCase()}${what.slice(1)}: ${fieldsOf(schema)}.`];
}

/** The name of a schema that has one, else its fields. */
function fieldsOf(schema: z.ZodType): string {
  return idOf(schema) ?? membersOf(schema);
}

/** `a`, `b?` of an object, each with the name of its shape. */
function membersOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodUnion) {
    return (schema.options as z.ZodType[]).map((option) => fieldsOf(option)).join(' or ');
  }
  if (!(schema instanceof z.ZodObject)) return 'JSON';
  return Object.entries<z.ZodType>(schema.shape)
    .map(([name, field]) => memberOf(name, field))
    .join(', ');
}

function memberOf(name: string, field: z.ZodType): string {
  const isOptional = field.safeParse(undefined).success;
  const inner = field instanceof z.ZodOptional ? (field.unwrap() as z.ZodType) : field;
  const item = inner instanceof z.ZodArray ? (inner.element as z.ZodType) : inner;
  const shape = idOf(item);
  const list = inner instanceof z.ZodArray ? '[]' : '';
  return `\`${name}${isOptional ? '?' : ''}\`${shape === undefined ? '' : ` (${shape}${list})`}`;
}
