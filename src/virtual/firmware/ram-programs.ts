// What an upload into RAM runs as: code is not executed, so it is recognised by what it looks like.
import type { Next } from '../steps.js';

/** Nothing yet: an entry point runs into nowhere. */
export function launchFromRam(): Next {
  return 'halt';
}
