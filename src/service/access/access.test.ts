// People, passwords, sessions, tokens and the slowing down of guesses.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Gatekeeper } from './gatekeeper.js';
import { hashPassword, verifyPassword } from './passwords.js';
import { People, peopleFile } from './people.js';
import { csrfTokenOf, isCsrfTokenOf, Sessions } from './sessions.js';
import { Throttle } from './throttle.js';

const PASSWORD = 'a long enough password';
const CHEAP = { n: 2 ** 10, r: 8, p: 1 };
const MINUTE_MS = 60_000;

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'espmint-access-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

describe('passwords', () => {
  it('belong to their hash and to no other', async () => {
    const hash = await hashPassword(PASSWORD, CHEAP);
    expect(await verifyPassword(PASSWORD, hash)).toBe(true);
    expect(await verifyPassword(`${PASSWORD}x`, hash)).toBe(false);
    expect(await verifyPassword(PASSWORD, 'scrypt$rubbish')).toBe(false);
  });
  it('are salted: the same password has another hash each time', async () => {
    expect(await hashPassword(PASSWORD, CHEAP)).not.toBe(await hashPassword(PASSWORD, CHEAP));
  });
  it('match in every spelling of the same letters', async () => {
    const hash = await hashPassword('Mật khẩu dài'.normalize('NFD'), CHEAP);
    expect(await verifyPassword('Mật khẩu dài'.normalize('NFC'), hash)).toBe(true);
  });
});

describe('people', () => {
  it('are kept in a file that only its owner can read, without their passwords', async () => {
    const people = new People(dataDir, CHEAP);
    await people.addUser('lan', 'admin', PASSWORD);
    const { token } = await people.createToken('line 1', 'operator');
    const path = peopleFile(dataDir);
    expect((await stat(path)).mode & 0o077).toBe(0);
    const text = await readFile(path, 'utf8');
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain(token);
  });
  it('always have an admin among them', async () => {
    const people = new People(dataDir, CHEAP);
    await expect(people.addUser('lan', 'operator', PASSWORD)).rejects.toMatchObject({ code: 'ADMIN_NEEDED' });
    await people.addUser('lan', 'admin', PASSWORD);
    await people.addUser('minh', 'operator', PASSWORD);
    await expect(people.removeUser('lan')).rejects.toMatchObject({ code: 'ADMIN_NEEDED' });
    await people.removeUser('minh');
    await people.removeUser('lan');
    expect(await people.anybody()).toBe(false);
  });
  it('have names that differ by more than case', async () => {
    const people = new People(dataDir, CHEAP);
    await people.addUser('Lan', 'admin', PASSWORD);
    await expect(people.addUser('lan', 'admin', PASSWORD)).rejects.toMatchObject({ code: 'USER_EXISTS' });
  });
  it('are seen at once when another process changes the file', async () => {
    const running = new People(dataDir, CHEAP);
    expect(await running.anybody()).toBe(false);
    await new People(dataDir, CHEAP).addUser('lan', 'admin', PASSWORD);
    expect(await running.anybody()).toBe(true);
  });
});

describe('who a caller is', () => {
  function open(mustSignIn = true) {
    const people = new People(dataDir, CHEAP);
    const sessions = new Sessions(dataDir);
    return { people, sessions, gate: new Gatekeeper(people, sessions, mustSignIn) };
  }
  const cookieOnly = (cookie: string) => ({ cookie, authorization: undefined, isDirect: true });
  const nobody = { cookie: undefined, authorization: undefined, isDirect: true };

  it('is the person at this machine while nobody has to sign in', async () => {
    const { gate, people } = open(false);
    expect(await gate.identify(nobody)).toMatchObject({ name: 'local', role: 'admin' });
    await people.addUser('lan', 'admin', PASSWORD);
    expect(await gate.identify(nobody)).toBeUndefined();
  });
  it('is nobody on a network service without people', async () => {
    const { gate } = open();
    expect(await gate.identify(nobody)).toBeUndefined();
  });
  it('follows a change of password and the removal of a person at once', async () => {
    const { gate, people } = open();
    await people.addUser('lan', 'admin', PASSWORD);
    await people.addUser('minh', 'engineer', PASSWORD);
    const { cookie } = await gate.signIn('MINH', PASSWORD, '::1');
    expect(await gate.identify(cookieOnly(cookie))).toMatchObject({ name: 'minh', role: 'engineer' });
    await people.setPassword('minh', `${PASSWORD} 2`);
    expect(await gate.identify(cookieOnly(cookie))).toBeUndefined();
    const again = await gate.signIn('minh', `${PASSWORD} 2`, '::1');
    await people.removeUser('minh');
    expect(await gate.identify(cookieOnly(again.cookie))).toBeUndefined();
  });
  it('may sign in also when the clock was set back after the password was set', async () => {
    const { people } = open();
    await people.addUser('lan', 'admin', PASSWORD);
    const sessions = new Sessions(dataDir, () => Date.parse('2020-01-01T00:00:00Z'));
    const gate = new Gatekeeper(people, sessions, true);
    const { cookie } = await gate.signIn('lan', PASSWORD, '::1');
    expect(await gate.identify(cookieOnly(cookie))).toMatchObject({ name: 'lan' });
  });
  it('is nobody with a session that was opened while the password was being changed', async () => {
    const { gate, people, sessions } = open();
    await people.addUser('lan', 'admin', PASSWORD);
    const before = await people.checkPassword('lan', PASSWORD);
    if (before === undefined) throw new Error('the password is right');
    await people.setPassword('lan', `${PASSWORD} 2`);
    const cookie = await sessions.open(before);
    expect(await gate.identify(cookieOnly(cookie))).toBeUndefined();
  });
  it('is a machine with its token until that is revoked', async () => {
    const { gate, people } = open();
    const { id, token } = await people.createToken('line 1', 'operator');
    const credentials = { cookie: undefined, authorization: `Bearer ${token}`, isDirect: true };
    expect(await gate.identify(credentials)).toMatchObject({ role: 'operator', via: 'token' });
    expect(await gate.identify({ ...credentials, authorization: `Bearer ${token}x` })).toBeUndefined();
    await people.revokeToken(id);
    expect(await gate.identify(credentials)).toBeUndefined();
  });
  it('has to wait after too many wrong passwords', async () => {
    const { gate, people } = open();
    await people.addUser('lan', 'admin', PASSWORD);
    for (let tries = 0; tries < 5; tries++) {
      await expect(gate.signIn('lan', 'wrong', '::1')).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' });
    }
    await expect(gate.signIn('lan', PASSWORD, '::1')).rejects.toMatchObject({ code: 'SIGN_IN_THROTTLED' });
    await expect(gate.signIn('lan', PASSWORD, '10.0.0.2')).resolves.toMatchObject({ user: { name: 'lan' } });
  });
});

describe('sessions', () => {
  const LAN = { name: 'lan', passwordSetAt: '2026-01-01T00:00:00.000Z' };

  it('live no longer when the clock is set back', async () => {
    let now = Date.now();
    const sessions = new Sessions(dataDir, () => now);
    const cookie = await sessions.open(LAN);
    now -= 12 * 60 * MINUTE_MS;
    expect(await sessions.find(cookie)).toBeDefined();
    now -= 8 * 24 * 60 * MINUTE_MS;
    expect(await sessions.find(cookie)).toBeUndefined();
  });
  it('end when nobody used them for a day, and after a week in any case', async () => {
    let now = Date.now();
    const sessions = new Sessions(dataDir, () => now);
    const cookie = await sessions.open(LAN);
    for (let hours = 0; hours < 7 * 24 - 1; hours += 23) {
      expect(await sessions.find(cookie)).toBeDefined();
      now += 23 * 60 * MINUTE_MS;
    }
    now += 2 * 60 * MINUTE_MS;
    expect(await sessions.find(cookie)).toBeUndefined();
    const other = await sessions.open(LAN);
    now += 25 * 60 * MINUTE_MS;
    expect(await sessions.find(other)).toBeUndefined();
  });
  it('survive a restart, and their file opens nothing', async () => {
    const cookie = await new Sessions(dataDir).open(LAN);
    expect(await new Sessions(dataDir).find(cookie)).toMatchObject({ user: 'lan' });
    expect(await readFile(join(dataDir, 'service', 'sessions.json'), 'utf8')).not.toContain(cookie);
  });
  it('have a token that only they have', () => {
    expect(isCsrfTokenOf('cookie', csrfTokenOf('cookie'))).toBe(true);
    expect(isCsrfTokenOf('other', csrfTokenOf('cookie'))).toBe(false);
    expect(isCsrfTokenOf('cookie', '')).toBe(false);
  });
});

/** Seconds; asks without leaving a trace. */
function waitOf(throttle: Throttle, key: string): number {
  try {
    throttle.begin(key);
    throttle.withdrawn(key);
    return 0;
  } catch (error) {
    return (error as { details: { waitSeconds: number } }).details.waitSeconds;
  }
}

describe('the throttle', () => {
  it('doubles the wait with each failure, up to five minutes, and forgets after a success', () => {
    let now = 0;
    const throttle = new Throttle(() => now);
    const waits: number[] = [];
    for (let failures = 1; failures <= 16; failures++) {
      throttle.begin('lan');
      const wait = waitOf(throttle, 'lan');
      waits.push(wait);
      now += wait * 1000;
    }
    expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    throttle.begin('lan');
    throttle.succeeded('lan');
    expect(waitOf(throttle, 'lan')).toBe(0);
  });
  it('lets no more tries begin at once than one after the other', () => {
    const throttle = new Throttle(() => 0);
    const begun = Array.from({ length: 30 }).filter(() => {
      try {
        throttle.begin('lan');
        return true;
      } catch {
        return false;
      }
    });
    expect(begun).toHaveLength(5);
  });
  it('forgets the oldest names first, not the one that is being guessed', () => {
    const throttle = new Throttle(() => 0);
    for (let tries = 0; tries < 5; tries++) throttle.begin('lan');
    for (let count = 0; count < 9_000; count++) throttle.begin(`name ${count}`);
    expect(waitOf(throttle, 'lan')).toBeGreaterThan(0);
  });
});
