// Who may use the service: people with a role and a password, machines with a role and a bearer token. One file keeps both,
// so that `espmint users` works on it while the service runs.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { EspmintError } from '../../core/errors/index.js';
import type { Role, Token, User } from '../contract/index.js';
import { roleSchema } from '../contract/operation.js';
import { notUsable, readStored, StateFile } from '../state-file.js';
import { COST, hashPassword, verifyPassword, type Cost } from './passwords.js';
import { sessionsFile } from './sessions.js';
import { sha256Hex } from '../../core/digest.js';

const userSchema = z.object({
  name: z.string(),
  role: roleSchema,
  passwordHash: z.string(),
  createdAt: z.string(),
  /** Sessions that were opened with another password end: they name the time of theirs. */
  passwordSetAt: z.string(),
});
const tokenSchema = z.object({
  id: z.string(),
  label: z.string(),
  role: roleSchema,
  createdAt: z.string(),
  /** SHA-256 of the token: it has 256 random bits, so a slow hash would add nothing. */
  sha256: z.string(),
});
const fileSchema = z.object({ users: z.array(userSchema), tokens: z.array(tokenSchema) });
type UserEntry = z.output<typeof userSchema>;
/** What the rest of the service may know of a person: no hash. */
type KnownUser = Pick<UserEntry, 'name' | 'role' | 'passwordSetAt'>;
type TokenEntry = z.output<typeof tokenSchema>;

/** Scanners for leaked secrets find our tokens by it. */
const TOKEN_PREFIX = 'espmint_';
const TOKEN_BYTES = 32;

/** The place of the file in a data directory. */
export function peopleFile(dataDir: string): string {
  return join(dataDir, 'service', 'people.json');
}

export class People {
  readonly #file: StateFile<z.output<typeof fileSchema>>;
  /** Compared against where a name is unknown, so that both answers take as long. */
  #decoy: Promise<string> | undefined;
  readonly #cost: Cost;
  /** Where sign-ins leave a trace: who finds one knows that there were people. */
  readonly #sessionsFile: string;
  #wasThere = false;
  readonly #tokenUses = new Map<string, string>();

  /** @param cost of a password hash; less than the usual one is for tests only. */
  constructor(dataDir: string, cost = COST) {
    this.#cost = cost;
    this.#sessionsFile = sessionsFile(dataDir);
    this.#file = new StateFile(peopleFile(dataDir), fileSchema, { users: [], tokens: [] });
  }

  async users(): Promise<User[]> {
    return (await this.#read()).users.map(({ name, role, createdAt }) => ({ name, role, createdAt }));
  }

  /** @throws STATE_UNREADABLE whenever it is not known for sure: then nobody is let in */
  async anybody(): Promise<boolean> {
    return (await this.#read()).users.length > 0;
  }

  async findUser(name: string): Promise<KnownUser | undefined> {
    const user = (await this.#read()).users.find((entry) => sameName(entry.name, name));
    return user && knownUser(user);
  }

  /** The user, when name and password belong together; it takes as long when the name is unknown. */
  async checkPassword(name: string, password: string): Promise<KnownUser | undefined> {
    const user = (await this.#read()).users.find((entry) => sameName(entry.name, name));
    this.#decoy ??= hashPassword('no password has this hash', this.#cost);
    const right = await verifyPassword(password, user?.passwordHash ?? (await this.#decoy));
    return right && user !== undefined ? knownUser(user) : undefined;
  }

  /** @throws USER_EXISTS, ADMIN_NEEDED (the first person is not an admin) */
  async addUser(name: string, role: Role, password: string): Promise<User> {
    const passwordHash = await hashPassword(password, this.#cost);
    const now = new Date().toISOString();
    await this.#file.update((content) => {
      if (content.users.some((user) => sameName(user.name, name))) {
        throw new EspmintError('USER_EXISTS', { name });
      }
      const user = { name, role, passwordHash, createdAt: now, passwordSetAt: now };
      return withAdmin({ ...content, users: [...content.users, user] }, name);
    });
    return { name, role, createdAt: now };
  }

  /** @throws USER_UNKNOWN */
  async setPassword(name: string, password: string): Promise<void> {
    const passwordHash = await hashPassword(password, this.#cost);
    await this.#changeUser(name, (user) => ({
      ...user,
      passwordHash,
      passwordSetAt: new Date().toISOString(),
    }));
  }

  /** @throws USER_UNKNOWN, ADMIN_NEEDED (others would be left without an admin) */
  async removeUser(name: string): Promise<void> {
    await this.#changeUser(name, () => undefined);
  }

  async tokens(): Promise<Token[]> {
    return (await this.#read()).tokens.map(({ id, label, role, createdAt }) => ({
      id,
      label,
      role,
      createdAt,
      lastUsedAt: this.#tokenUses.get(id),
    }));
  }

  /** Makes a token; only its hash is kept. */
  async createToken(label: string, role: Role): Promise<Token & { token: string }> {
    const token = `${TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`;
    const entry = { id: randomBytes(6).toString('hex'), label, role, createdAt: new Date().toISOString() };
    await this.#file.update((content) => ({
      ...content,
      tokens: [...content.tokens, { ...entry, sha256: hashToken(token) }],
    }));
    return { ...entry, token };
  }

  /** Whose token this is. Looking up by hash leaks no timing of the token itself. */
  async findToken(token: string): Promise<TokenEntry | undefined> {
    const sha256 = hashToken(token);
    const entry = (await this.#read()).tokens.find((candidate) => candidate.sha256 === sha256);
    if (entry !== undefined) this.#tokenUses.set(entry.id, new Date().toISOString());
    return entry;
  }

  /** @throws TOKEN_UNKNOWN */
  async revokeToken(id: string): Promise<void> {
    await this.#file.update((content) => {
      const tokens = content.tokens.filter((token) => token.id !== id);
      if (tokens.length === content.tokens.length) throw new EspmintError('TOKEN_UNKNOWN', { id });
      return { ...content, tokens };
    });
  }

  /** The file as it is. Where it is gone and somebody has signed in before, it is not taken for "there are no people". */
  async #read(): Promise<z.output<typeof fileSchema>> {
    const content = await this.#file.readIfThere();
    this.#wasThere ||= content !== undefined;
    if (content !== undefined) return content;
    if (this.#wasThere || (await readStored(this.#sessionsFile)) !== undefined) {
      throw notUsable(this.#file.path, 'it is gone, and there were people here');
    }
    return { users: [], tokens: [] };
  }

  async #changeUser(name: string, change: (user: UserEntry) => UserEntry | undefined): Promise<void> {
    await this.#file.update((content) => {
      if (!content.users.some((user) => sameName(user.name, name))) {
        throw new EspmintError('USER_UNKNOWN', { name });
      }
      const users = content.users.flatMap((user) => {
        if (!sameName(user.name, name)) return [user];
        const changed = change(user);
        return changed === undefined ? [] : [changed];
      });
      return withAdmin({ ...content, users }, name);
    });
  }
}

/** Whoever may sign in must be able to be managed; the very last person may go, and the service is open again. */
function withAdmin<T extends { readonly users: readonly UserEntry[] }>(content: T, name: string): T {
  const { users } = content;
  if (users.length === 0 || users.some((user) => user.role === 'admin')) return content;
  throw new EspmintError('ADMIN_NEEDED', { name });
}

function knownUser({ name, role, passwordSetAt }: UserEntry): KnownUser {
  return { name, role, passwordSetAt };
}

function sameName(a: string, b: string): boolean {
  return a.normalize('NFC').toLowerCase() === b.normalize('NFC').toLowerCase();
}

function hashToken(token: string): string {
  return sha256Hex(token);
}
