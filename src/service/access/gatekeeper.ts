// Decides who a caller is: the person at this machine, a person with a session, or a machine with a token.
import { systemZone } from '../../core/times.js';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { ROLES, type Role, type Session } from '../contract/index.js';
import type { People } from './people.js';
import { csrfTokenOf, isCsrfTokenOf, type Sessions } from './sessions.js';
import { SignInQueue } from './sign-in-queue.js';
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
  /** It comes from a program on this computer itself, through no proxy. */
  readonly isDirect: boolean;
}

const LOCAL: Identity = { name: 'local', role: 'admin', via: 'local' };

export class Gatekeeper {
  readonly #people: People;
  readonly #sessions: Sessions;
  readonly #mustSignIn: boolean;
  readonly #throttle = new Throttle();
  readonly #queue = new SignInQueue();

  /** @param mustSignIn also while there are no people yet: the service can be reached over the network. */
  constructor(people: People, sessions: Sessions, mustSignIn: boolean) {
    this.#people = people;
    this.#sessions = sessions;
    this.#mustSignIn = mustSignIn;
  }

  /**
   * Without people only who sits at this computer is let in without a name. What comes through a proxy may come from
   * anywhere.
   */
  async signInRequired({ isDirect }: Pick<Credentials, 'isDirect'>): Promise<boolean> {
    return this.#mustSignIn || !isDirect || (await this.#people.anybody());
  }

  /** Who this is, or undefined. Rights are read anew for every request: a change holds at once. */
  async identify(credentials: Credentials): Promise<Identity | undefined> {
    const { cookie, authorization } = credentials;
    if (authorization !== undefined) return this.#byToken(authorization);
    if (cookie !== undefined) {
      const identity = await this.#byCookie(cookie);
      if (identity !== undefined) return identity;
    }
    return (await this.signInRequired(credentials)) ? undefined : LOCAL;
  }

  /** @throws SIGN_IN_FAILED, SIGN_IN_THROTTLED, SIGN_IN_BUSY, NOBODY_CAN_SIGN_IN */
  async signIn(name: string, password: string, address: string): Promise<{ cookie: string; user: Identity }> {
    if (!(await this.#people.anybody())) throw new EspmintError('NOBODY_CAN_SIGN_IN', {});
    const key = `${name.normalize('NFC').toLowerCase()} from ${address}`;
    this.#throttle.begin(key);
    const user = await this.#check(key, address, () => this.#people.checkPassword(name, password));
    if (user === undefined) throw new EspmintError('SIGN_IN_FAILED', {});
    this.#throttle.succeeded(key);
    const cookie = await this.#sessions.open(user);
    return { cookie, user: { name: user.name, role: user.role, via: 'session' } };
  }

  /** What the page is given of its caller. */
  async describe(identity: Identity | undefined, credentials: Credentials): Promise<Session> {
    const { cookie } = credentials;
    const signInRequired = await this.signInRequired(credentials);
    const zone = systemZone();
    if (identity === undefined) return { signInRequired, zone };
    const user = { name: identity.name, role: identity.role };
    if (identity.via !== 'session' || cookie === undefined) return { signInRequired, zone, user };
    return { signInRequired, zone, user, csrfToken: csrfTokenOf(cookie) };
  }

  async #check<T>(key: string, address: string, check: () => Promise<T>): Promise<T> {
    try {
      return await this.#queue.run(address, check);
    } catch (error) {
      if (isEspmintError(error, 'SIGN_IN_BUSY')) this.#throttle.withdrawn(key);
      throw error;
    }
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
