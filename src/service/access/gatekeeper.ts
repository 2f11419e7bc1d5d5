// Decides who a caller is: the person at this machine, a person with a session, or a machine with a token.
import { EspmintError } from '../../core/errors/index.js';
import { ROLES, type Role, type Session } from '../contract/index.js';
import type { People } from './people.js';
import { csrfTokenOf, isCsrfTokenOf, type Sessions } from './sessions.js';
import { Throttle } from './throttle.js';

export interface Identity {
  readonly name: string;
  readonly role: Role;
  /** `local`: nobody has to sign in on this service. */
  readonly via: 'local' | 'session' | 'token';
}

/** What a request carries of its caller. */
export interface Credentials {
  readonly cookie: string | undefined;
  readonly authorization: string | undefined;
}

const LOCAL: Identity = { name: 'local', role: 'admin', via: 'local' };

export class Gatekeeper {
  readonly #people: People;
  readonly #sessions: Sessions;
  readonly #mustSignIn: boolean;
  readonly #throttle = new Throttle();

  /** @param mustSignIn also while there are no people yet: the service can be reached over the network. */
  constructor(people: People, sessions: Sessions, mustSignIn: boolean) {
    this.#people = people;
    this.#sessions = sessions;
    this.#mustSignIn = mustSignIn;
  }

  async signInRequired(): Promise<boolean> {
    return this.#mustSignIn || (await this.#people.anybody());
  }

  /** Who this is, or undefined. Rights are read anew for every request: a change holds at once. */
  async identify({ cookie, authorization }: Credentials): Promise<Identity | undefined> {
    if (authorization !== undefined) return this.#byToken(authorization);
    if (cookie !== undefined) {
      const identity = await this.#byCookie(cookie);
      if (identity !== undefined) return identity;
    }
    return (await this.signInRequired()) ? undefined : LOCAL;
  }

  /** @throws SIGN_IN_FAILED, SIGN_IN_THROTTLED */
  async signIn(name: string, password: string, address: string): Promise<{ cookie: string; user: Identity }> {
    const key = `${name.normalize('NFC').toLowerCase()} from ${address}`;
    this.#throttle.check(key);
    const user = await this.#people.checkPassword(name, password);
    if (user === undefined) {
      this.#throttle.failed(key);
      throw new EspmintError('SIGN_IN_FAILED', {});
    }
    this.#throttle.succeeded(key);
    const cookie = await this.#sessions.open(user);
    return { cookie, user: { name: user.name, role: user.role, via: 'session' } };
  }

  /** What the page is told of its caller. */
  async describe(identity: Identity | undefined, cookie: string | undefined): Promise<Session> {
    const signInRequired = await this.signInRequired();
    if (identity === undefined) return { signInRequired };
    const user = { name: identity.name, role: identity.role };
    if (identity.via !== 'session' || cookie === undefined) return { signInRequired, user };
    return { signInRequired, user, csrfToken: csrfTokenOf(cookie) };
  }

  async #byToken(authorization: string): Promise<Identity | undefined> {
    const [, token] = /^Bearer ([\w-]{20,200})$/i.exec(authorization) ?? [];
    const entry = token === undefined ? undefined : await this.#people.findToken(token);
    return entry && { name: `token ${entry.label}`, role: entry.role, via: 'token' };
  }

  async #byCookie(cookie: string): Promise<Identity | undefined> {
    const session = await this.#sessions.find(cookie);
    if (session === undefined) return undefined;
    const user = await this.#people.findUser(session.user);
    // A person who was removed, or whose password was changed since, has no sessions. Whatever the clock said: which of
    // two times is later means nothing on a computer that starts without a battery for its clock.
    if (user?.passwordSetAt !== session.passwordSetAt) return undefined;
    if (user === undefined) return undefined;
    return { name: user.name, role: user.role, via: 'session' };
  }
}

/** @throws SIGN_IN_NEEDED, ROLE_TOO_LOW */
export function requireRole(identity: Identity | undefined, needed: Role): Identity {
  if (identity === undefined) throw new EspmintError('SIGN_IN_NEEDED', {});
  if (ROLES.indexOf(identity.role) >= ROLES.indexOf(needed)) return identity;
  throw new EspmintError('ROLE_TOO_LOW', { needed, has: identity.role });
}

/**
 * A browser sends cookies also with requests that another page made; it cannot make that page know the session's token.
 *
 * @throws CSRF_TOKEN_WRONG
 */
export function requireCsrfToken(
  identity: Identity | undefined,
  { cookie }: Credentials,
  token: unknown,
): void {
  if (identity?.via !== 'session' || cookie === undefined) return;
  if (typeof token !== 'string' || !isCsrfTokenOf(cookie, token)) {
    throw new EspmintError('CSRF_TOKEN_WRONG', {});
  }
}
