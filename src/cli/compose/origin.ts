// Who provisions at this command line, and where: for the record of the attempts.
import { Option } from 'commander';
import { hostname } from 'node:os';
import type { Origin } from '../../provision/index.js';
import { VERSION } from '../version.js';
import { processUser } from '../../registry/process-user.js';

export interface OriginFlags {
  /** Who works here; the user of this process when absent. */
  readonly operator?: string;
}

export function operatorOption(): Option {
  return new Option(
    '--operator <name>',
    'who works here, for the record (default: the user of this computer)',
  );
}

/** @param at the name of the station where it has one, and what it works for */
export function originOf(
  { operator = processUser() }: OriginFlags,
  at: Omit<Origin, 'operator'> = {},
): Origin {
  return { station: hostname(), operator, toolVersion: VERSION, ...at };
}
