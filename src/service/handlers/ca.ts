// The test of a CA URL.
import { checkCaUrl } from '../../core/ca-url.js';
import type { Handlers } from '../http/operations.js';
import { probeCa } from '../station/ca-probe.js';

export function caHandlers(): Pick<Handlers, 'testCa'> {
  return {
    testCa: async ({ body: { url } }, { signal }) => {
      checkCaUrl(url);
      return probeCa(url, signal);
    },
  };
}
