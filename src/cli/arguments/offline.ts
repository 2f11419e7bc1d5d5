// `--offline-boards`: how many boards of a batch a station may make while the database is out of reach.
import { Option } from 'commander';
import type { OfflineUnits } from '../../registry/index.js';
import { databaseUrlOf } from '../compose/compose.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { countOption } from './numbers.js';

export interface OfflineChoice {
  readonly offlineBoards?: number;
}

/**
 * One fill of a fixture of 32: what is plugged in when a server restarts or fails over is finished, and no more is
 * withheld from the other stations than that.
 */
const DEFAULT_BOARDS = 32;

export function offlineOption(): Option {
  return new Option(
    '--offline-boards <count>',
    `boards of a batch that it may make while the server is out of reach; their units are reserved (default: ${DEFAULT_BOARDS}; 0 with the embedded database)`,
  ).argParser(countOption('--offline-boards', { min: 0 }));
}

/** The embedded server is this machine's own: a station starts it again by itself, and no other one counts with it. */
export function offlineUnits(io: CliIo, options: OfflineChoice & GlobalOptions): OfflineUnits {
  const isServer = databaseUrlOf(io, options) !== undefined;
  return { boards: options.offlineBoards ?? (isServer ? DEFAULT_BOARDS : 0) };
}
