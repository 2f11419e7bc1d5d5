// A disk that refuses at its n-th call: every call by which espmint changes files or looks at an
// open one, below its own code.
import fs, { promises } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Call = (...args: unknown[]) => Promise<unknown>;
type Calls = Record<string, Call>;

const OF_FILES = ['open', 'writeFile', 'appendFile', 'rename', 'mkdir', 'link', 'rm', 'utimes'];
const OF_HANDLES = ['writeFile', 'appendFile', 'write', 'sync', 'truncate', 'chmod', 'chown', 'stat', 'read'];

export interface DiskFault {
  /** Counts from 1 over all these calls. */
  readonly atCall: number;
  readonly code: 'ENOSPC' | 'EACCES' | 'EIO';
  /** From then on every call fails; else only this one. */
  readonly lasts: boolean;
  /** Of what a write was to write, as much reaches the disk: 0 to 1. */
  readonly torn: number;
}

/** @returns whether the fault struck, and what `work` threw */
export async function withFaultyDisk(
  below: string,
  fault: DiskFault,
  work: () => Promise<unknown>,
): Promise<{ readonly struck: boolean; readonly thrown: unknown }> {
  let calls = 0;
  let struck = false;
  const strikes = (): boolean => {
    calls += 1;
    const now = calls === fault.atCall || (fault.lasts && calls > fault.atCall);
    struck ||= now;
    return now;
  };
  const failure = (): Error =>
    Object.assign(new Error(`${fault.code}: the test's disk`), { code: fault.code });
  const undo: (() => void)[] = [];
  const patch = (owner: Calls, name: string, concerns: (args: unknown[]) => boolean): void => {
    const real = owner[name];
    if (real === undefined) throw new Error(`there is no ${name}`);
    owner[name] = async function (this: unknown, ...args: unknown[]) {
      if (!concerns(args) || !strikes()) return real.apply(this, args);
      const [data] = args;
      if (!['truncate', 'read'].includes(name) && data instanceof Uint8Array && fault.torn > 0)
        await real.apply(this, [data.subarray(0, Math.floor(data.length * fault.torn))]);
      throw failure();
    };
    undo.push(() => (owner[name] = real));
  };
  const probe = await open(join(tmpdir(), `.espmint-probe-${process.pid}`), 'w');
  const handles = Object.getPrototypeOf(probe) as Calls;
  await probe.close();
  for (const name of OF_HANDLES) patch(handles, name, () => true);
  const files = promises as unknown as Calls;
  for (const name of OF_FILES) {
    patch(files, name, (args) => {
      const changes = name !== 'open' || isForWriting(args[1]);
      return changes && args.some((arg) => typeof arg === 'string' && arg.startsWith(below));
    });
  }
  syncBuiltinESMExports();
  try {
    await work();
    return { struck, thrown: undefined };
  } catch (thrown) {
    return { struck, thrown };
  } finally {
    for (const one of undo) one();
    syncBuiltinESMExports();
  }
}

function isForWriting(flags: unknown): boolean {
  const { O_WRONLY, O_RDWR } = fs.constants;
  return typeof flags === 'string' ? flags !== 'r' : (Number(flags ?? 0) & (O_WRONLY | O_RDWR)) !== 0;
}
