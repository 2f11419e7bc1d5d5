// Options that every command has which writes to boards: who speaks to them, and how the proof is made.
import { Option } from 'commander';
import { BACKENDS } from '../compose/compose.js';

/** As a profile may say them. */
export const ATTEMPTS = { min: 1, max: 10 } as const;
export const BAUDS = { min: 9600, max: 3_000_000 } as const;

/** For an option that may be given again. */
export const collect = (value: string, all: readonly string[] = []): string[] => [...all, value];

export function verifyOption(): Option {
  return new Option('--verify <how>', "the chip's MD5, or also read back and compared key by key").choices([
    'md5',
    'readback',
  ]);
}

/** The program opens the file before a command with this option runs: see main.ts. */
export function traceOption(): Option {
  return new Option(
    '--trace <file>',
    'record what goes over the port into this new file, without secrets, to report a fault',
  );
}

export const registryOption = (what = 'where devices are recorded'): Option =>
  new Option('--registry <kind>', what).choices(['embedded', 'none']);

export const keysToOption = (): Option =>
  new Option('--keys-to <file>', 'with --registry none: the file (mode 0600) that keeps the keys');

export function backendOption(): Option {
  return new Option('--backend <name>', 'who speaks to the boards').choices(BACKENDS);
}
