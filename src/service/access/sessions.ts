// Sessions of people: a random cookie whose hash is kept, so that a stolen file opens nothing, and a restart signs nobody out.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { EspmintError } from '../../core/errors/index.js';
import { StateFile } from '../state-file.js';
import { sha256Hex } from '../../core/digest.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** A shift and the next one: who does not come back in that time signs in again. */
const IDLE_MS = DAY_MS;
const LIFETIME_MS = 7 * DAY_MS;
/** Last uses are written to the file this often at most. */
const TOUCH_MS = 60_000;
const COOKIE_BYTES = 32;

const entrySchema = z.object({
  /** Public name of the session, for lists. */
  id: z.string(),
  /** SHA-256 of the cookie. */
  sha256: z.string(),
  user: z.string(),
  /** When the password was set that opened it; absent in sessions of earlier versions, which have ended. */
  passwordSetAt: z.string().optional(),
  createdAt: z.string(),
  lastUsedAt: z.string(),
});
type Entry = z.output<typeof entrySchema>;
const fileSchema = z.object({ sessions: z.array(entrySchema) });

/** The place of the file in a data directory. */
export function sessionsFile(dataDir: string): string {
  return join(dataDir, 'service', 'sessions.json');
}

export class Sessions {
  readonly #file: StateFile<z.output<typeof fileSchema>>;
  readonly #now: () => number;

  constructor(dataDir: string, now: () => number = Date.now) {
    this.#file = new StateFile(sessionsFile(dataDir), fileSchema, { sessions: [] });
    this.#now = now;
  }

  /** Opens a session and returns its cookie, which is nowhere else. */
  async open(user: { readonly name: string; readonly passwordSetAt: string }): Promise<string> {
    const cookie = randomBytes(COOKIE_BYTES).toString('base64url');
    const now = this.#time();
    const entry = {
      id: randomBytes(6).toString('hex'),
      sha256: hash(cookie),
      user: user.name,
      passwordSetAt: user.passwordSetAt,
      createdAt: now,
      lastUsedAt: now,
    };
    await this.#file.update(({ sessions }) => ({
      sessions: [...sessions.filter((session) => this.#lives(session)), entry],
    }));
    return cookie;
  }

  /** The living session of that cookie. */
  async find(cookie: string): Promise<Entry | undefined> {
    const sha256 = hash(cookie);
    const session = (await this.#file.read()).sessions.find((entry) => entry.sha256 === sha256);
    if (session === undefined || !this.#lives(session)) return undefined;
    if (Math.abs(this.#now() - Date.parse(session.lastUsedAt)) > TOUCH_MS) await this.#touch(session.id);
    return session;
  }

  async list(): Promise<Entry[]> {
    return (await this.#file.read()).sessions.filter((session) => this.#lives(session));
  }

  /** Ends sessions; returns how many there were. */
  async end(which: (session: Entry) => boolean): Promise<number> {
    let ended = 0;
    await this.#file.update(({ sessions }) => {
      const left = sessions.filter((session) => !which(session));
      ended = sessions.length - left.length;
      return { sessions: left };
    });
    return ended;
  }

  /** @throws TOKEN_UNKNOWN */
  async revoke(id: string): Promise<void> {
    if ((await this.end((session) => session.id === id)) === 0) {
      throw new EspmintError('TOKEN_UNKNOWN', { id });
    }
  }

  async endCookie(cookie: string): Promise<void> {
    const sha256 = hash(cookie);
    await this.end((session) => session.sha256 === sha256);
  }

  async #touch(id: string): Promise<void> {
    const lastUsedAt = this.#time();
    await this.#file.update(({ sessions }) => ({
      sessions: sessions.map((session) => (session.id === id ? { ...session, lastUsedAt } : session)),
    }));
  }

  #lives({ createdAt, lastUsedAt }: Entry): boolean {
    const now = this.#now();
    // A clock that was set back must not keep a session alive for longer than it would have lived.
    const isWithin = (iso: string, ms: number): boolean => Math.abs(now - Date.parse(iso)) < ms;
    return isWithin(createdAt, LIFETIME_MS) && isWithin(lastUsedAt, IDLE_MS);
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

/** Made from the cookie, which scripts cannot read: only who got it from the service itself can send it back. */
export function csrfTokenOf(cookie: string): string {
  return createHmac('sha256', cookie).update('espmint csrf').digest('base64url');
}

export function isCsrfTokenOf(cookie: string, token: string): boolean {
  const wanted = Buffer.from(csrfTokenOf(cookie));
  const given = Buffer.from(token);
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

function hash(cookie: string): string {
  return sha256Hex(cookie);
}
