// The test of a CA URL.
import type { Handlers } from '../http/operations.js';
import { probeCa } from '../station/ca-probe.js';

export function caHandlers(): Pick<Handlers, 'testCa'> {
  return { testCa: ({ body }, { signal }) => probeCa(body.url, signal) };
}
