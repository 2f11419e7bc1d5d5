// Counts what a process asks of its database and its disk: figures that do not depend on the machine.
import { open } from 'node:fs/promises';
import pg from 'pg';

export interface StorageWork {
  /** Statements sent to PostgreSQL, each of them a round trip. */
  readonly queries: number;
  /** Begun and committed, of those. */
  readonly transactions: number;
  /** Files made durable. */
  readonly syncs: number;
}

interface Syncing {
  sync(): Promise<void>;
}

/**
 * Counts from now on until `stop`.
 *
 * @returns `soFar` tells what was counted
 */
export async function countStorageWork(): Promise<{ soFar(): StorageWork; stop(): void }> {
  const counted = { queries: 0, transactions: 0, syncs: 0 };
  const files = await prototypeOfFiles();
  const { query } = pg.Client.prototype as { query: (...args: unknown[]) => unknown };
  const { sync } = files;
  Object.assign(pg.Client.prototype, {
    query(this: pg.Client, ...args: unknown[]): unknown {
      counted.queries += 1;
      if (args[0] === 'commit') counted.transactions += 1;
      return query.apply(this, args);
    },
  });
  files.sync = function (this: Syncing): Promise<void> {
    counted.syncs += 1;
    return sync.call(this);
  };
  return {
    soFar: () => ({ ...counted }),
    stop: () => {
      Object.assign(pg.Client.prototype, { query });
      files.sync = sync;
    },
  };
}

/** Node exports no class of its file handles. */
async function prototypeOfFiles(): Promise<Syncing> {
  const file = await open(new URL(import.meta.url));
  try {
    return Object.getPrototypeOf(file) as Syncing;
  } finally {
    await file.close();
  }
}
