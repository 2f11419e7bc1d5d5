// A PostgreSQL server of the user's own, by its URL.
import { EspmintError } from '../../core/errors/index.js';
import type { ServerSource } from './database.js';

/**
 * @param databaseUrl `postgresql://user@host:port/database?sslmode=...`
 * @throws INPUT_INVALID
 */
export function serverAt(databaseUrl: string): ServerSource {
  const url = parse(databaseUrl);
  const description = `${url.host === '' ? 'localhost' : url.host}${url.pathname}`;
  return {
    description,
    ensure: () => Promise.resolve({ connectionString: databaseUrl }),
    release: () => Promise.resolve(),
  };
}

function parse(databaseUrl: string): URL {
  // The URL may hold a password: it is not repeated in the message.
  const invalid = () =>
    new EspmintError('INPUT_INVALID', {
      field: 'The database URL',
      reason: 'cannot be read',
      hint: 'give it as postgresql://user@host:5432/database',
    });
  try {
    const url = new URL(databaseUrl);
    if (['postgres:', 'postgresql:'].includes(url.protocol)) return url;
  } catch {
    throw invalid();
  }
  throw invalid();
}
