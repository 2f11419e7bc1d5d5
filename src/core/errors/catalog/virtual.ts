// Errors of the virtual chip and its servers.
import { input, link } from '../entry.js';

export const VIRTUAL_ERRORS = {
  VIRTUAL_LISTEN_FAILED: link<{ url: string; reason: string }>({
    http: 409,
    problem: ({ url, reason }) => `A virtual board cannot listen on ${url} (${reason})`,
    next: () => 'choose another address, or port 0 for any free one',
  }),
  VIRTUAL_PTY_UNAVAILABLE: input<{ reason: string }>({
    problem: ({ reason }) => `A virtual board cannot be given a device path here (${reason})`,
    next: () =>
      'install the optional package @lydell/node-pty, or use --listen rfc2217://127.0.0.1:0 instead',
  }),
  VIRTUAL_FLASH_FILE: input<{ path: string; reason: string }>({
    problem: ({ path, reason }) => `The flash file ${path} cannot be used: ${reason}`,
    next: () => 'name a file of exactly the size of the flash, or one that does not exist yet',
  }),
  VIRTUAL_SCENARIO_INVALID: input<{ where: string; reason: string }>({
    problem: ({ where, reason }) => `The scenario of faults is wrong: ${where} ${reason}`,
    next: () => 'correct it; "espmint help virtual-boards" shows one that works',
  }),
};
