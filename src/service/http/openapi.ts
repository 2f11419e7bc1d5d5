// The OpenAPI document as this service answers it: the file that the contract was written to, with this service's own cookie.
import { fileURLToPath } from 'node:url';
import { readTextFile } from '../../files/index.js';

/** Three folders up, in src as in dist; `npm run docs` makes it, and a test holds it against the contract. */
const FILE = fileURLToPath(new URL('../../../docs/reference/openapi.json', import.meta.url));
/** In the file: a browser keeps cookies by host, so each service has a name of its own. */
export const COOKIE_IN_FILE = 'espmint_session';

/** @throws FILE_UNREADABLE */
export async function openApiDocument(sessionCookie: string): Promise<string> {
  return (await readTextFile(FILE)).replace(`"${COOKIE_IN_FILE}"`, `"${sessionCookie}"`);
}
