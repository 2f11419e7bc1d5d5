// What the tests of pushes share: a registry with its deliverer, boards, and a receiver.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openPushes,
  openRegistry,
  type AddedTarget,
  type NewPushTarget,
  type Pushes,
  type PushOptions,
  type PushTargetStatus,
  type Registry,
} from '../../src/registry/index.js';
import type { Received } from './push-receivers.js';
import { PROOF } from '../support/proof.js';

/** A day of patience in a fifth of a second. */
export const PACE = {
  timeoutMs: 3000,
  graceMs: 200,
  leaseMs: 6000,
  pollMs: 20,
  firstPauseMs: 20,
  longestPauseMs: 60,
  giveUpMs: 200,
};
/** For a target that is silent for sure. */
export const HASTY_PACE = { ...PACE, timeoutMs: 1000 };
export const SECRET = `whsec_${Buffer.from('a signing secret of 32 bytes ...').toString('base64')}`;

export interface BoardToBe {
  readonly mac: string;
  readonly uuid: string;
  readonly caUrl: string;
  readonly firmwareVersion: string;
  readonly policy: 'keep' | 'rotate';
}

export interface PushBench {
  readonly folder: string;
  readonly home: string;
  readonly options: PushOptions;
  readonly registry: Registry;
  readonly pushes: Pushes;
  /** The target `hook`, with SECRET. */
  addWebhook(target: Partial<NewPushTarget> & { readonly url: string }): Promise<AddedTarget>;
  status(name: string): Promise<PushTargetStatus | undefined>;
  removeAll(): Promise<void>;
  close(): Promise<void>;
}

export async function openBench(name: string): Promise<PushBench> {
  const folder = mkdtempSync(join(tmpdir(), `espmint-${name}-`));
  const home = join(folder, 'home');
  const options: PushOptions = { dataDir: home, pace: PACE, env: {} };
  const registry = await openRegistry({ dataDir: home });
  const pushes = await openPushes(options);
  return {
    folder,
    home,
    options,
    registry,
    pushes,
    addWebhook: (target) => pushes.add({ name: 'hook', kind: 'webhook', signingSecret: SECRET, ...target }),
    status: async (target) => (await pushes.status()).find((status) => status.name === target),
    removeAll: async () => {
      for (const target of await pushes.targets()) await pushes.remove(target.name);
    },
    close: async () => {
      await pushes.close();
      await registry.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let boards = 0;

/** One that no test of this file has seen before. */
export function newBoard(): BoardToBe {
  boards += 1;
  const tail = boards.toString(16).padStart(2, '0');
  return {
    mac: `a4:cf:12:34:60:${tail}`,
    uuid: `110e3dc9-fa05-568f-a05a-98d0089600${tail}`,
    caUrl: 'https://ca.example.com',
    firmwareVersion: '1.2.3',
    policy: 'keep',
  };
}

/** Reserves and proves. */
export async function provision(
  { registry }: Pick<PushBench, 'registry'>,
  board = newBoard(),
): Promise<BoardToBe & { readonly psk: string }> {
  const { id, psk } = await registry.reserve(board);
  await registry.confirm(id, PROOF);
  return { ...board, psk };
}

export function bodyOf({ body }: Received): {
  type: string;
  version: number;
  data: Record<string, string>;
} {
  return JSON.parse(body) as { type: string; version: number; data: Record<string, string> };
}

/** Until `done`, for twenty seconds at most. */
export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (const start = Date.now(); !(await done());) {
    if (Date.now() - start > 20_000) throw new Error('it did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Delivers in the background while `work` goes on. */
export async function whileDelivering<T>(
  pushes: Pushes,
  work: (notes: readonly string[]) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const notes: string[] = [];
  const running = pushes.deliverUntil({ signal: ending.signal, onNote: (text) => notes.push(text) });
  try {
    return await work(notes);
  } finally {
    ending.abort();
    await running;
  }
}
