// Passwords as scrypt hashes: slow to guess, each with its own salt, with the cost written beside the hash.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

export interface Cost {
  /** CPU and memory: 128 * n * r bytes. */
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB and a few tenths of a second on a small computer: a row of the OWASP password storage cheat sheet for scrypt. */
export const COST: Cost = { n: 2 ** 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** `scrypt$n$r$p$salt$hash`, salt and hash in base64url. */
export async function hashPassword(password: string, cost = COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, cost);
  return ['scrypt', cost.n, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** Whether the password belongs to the hash. A hash in another form never matches. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [, n, r, p, salt, hash] = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]+)$/.exec(stored) ?? [];
  if (salt === undefined || hash === undefined) return false;
  const cost = { n: Number(n), r: Number(r), p: Number(p) };
  const wanted = Buffer.from(hash, 'base64url');
  const found = await derive(password, Buffer.from(salt, 'base64url'), cost);
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}

/**
 * Work on passwords waits in a line of its own, one at a time: the pool of threads that it runs in also reads files and
 * looks up names for boards.
 */
let last: Promise<unknown> = Promise.resolve();
function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
  const result = last.then(work);
  last = result.catch(() => undefined);
  return result;
}

/** Unicode has several spellings of the same text (RFC 8265): keyboards differ in which one they send. */
function derive(password: string, salt: Buffer, { n, r, p }: Cost): Promise<Buffer> {
  const maxmem = 256 * n * r;
  return oneAtATime(
    () =>
      new Promise((resolve, reject) => {
        scrypt(password.normalize('NFC'), salt, HASH_BYTES, { N: n, r, p, maxmem }, (error, hash) => {
          if (error === null) resolve(hash);
          else reject(error);
        });
      }),
  );
}
