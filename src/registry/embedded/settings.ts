// How the embedded PostgreSQL runs: small, durable, off the network, and silent about the values in statements.
import type { Binaries } from './binaries.js';
import type { ServerHome } from './home.js';

/** Names the socket file; there is no network port behind it. */
export const SOCKET_PORT = 5432;

/** Enough for twenty espmint processes: one presence and a pool of four each. */
const MAX_CONNECTIONS = 100;

/** Settings given on the command line, so that each start uses those of the running espmint. */
export function serverArguments(home: ServerHome, binaries: Binaries): string[] {
  const settings = serverSettings(home, binaries);
  return [
    '-D',
    home.cluster,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

/** By their names in postgresql.conf. On the loopback the port is added by whoever starts the server. */
export function serverSettings(home: ServerHome, binaries: Binaries): Record<string, string | number> {
  const reached: Record<string, string | number> = home.isOnLoopback
    ? { listen_addresses: '127.0.0.1', unix_socket_directories: '', password_encryption: 'scram-sha-256' }
    : {
        listen_addresses: '',
        port: SOCKET_PORT,
        // A list with commas: a folder's name stands in quotes, whatever is in it (SplitDirectoriesString of PostgreSQL).
        unix_socket_directories: `"${home.socketDir.replaceAll('"', '""')}"`,
        unix_socket_permissions: '0700',
      };
  return {
    ...reached,
    max_connections: MAX_CONNECTIONS,
    // A key must be on the disk before it is on a chip.
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    // Memory: about 17 MB in all with these.
    shared_buffers: '16MB',
    jit: 'off',
    autovacuum_max_workers: 1,
    max_parallel_workers: 0,
    max_worker_processes: 2,
    max_logical_replication_workers: 0,
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '256MB',
    // A failed statement may carry a key in its text or in its "failing row": neither goes to the log.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_timezone: 'UTC',
    timezone: 'UTC',
    // Worker processes for I/O exist since PostgreSQL 18 and are not worth their memory here.
    ...(binaries.major >= 18 ? { io_method: 'sync' } : {}),
  };
}
