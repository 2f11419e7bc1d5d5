// A virtual board behind a device path: a pseudo-terminal whose path stays while clients come and go.
//
// The master side cannot see opening, baud or modem lines; it only sees that nobody holds the other end any more. So
// we hold that end ourselves until the first byte of a client, and take the hangup after it for the client's leaving.
// Before the first byte is answered, the path leads to a fresh pair: the next client never meets the old one's end.
import { closeSync, renameSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadStream } from 'node:tty';
import { SerialPort } from 'serialport/dist/serialport.js';
import { EspmintError } from '../../core/errors/index.js';
import type { HostPort, VirtualBoard } from '../board.js';
import { awaitClient, leaveBoard, type BoardServer, type LeavePolicy } from './server.js';

/** node-pty's native module, as far as it is used: opens a pair without starting a process. */
interface NativePty {
  open(columns: number, rows: number): { master: number; slave: number; pty: string };
}

/** Serves a device path in a private folder. The board waits in its loader. @throws VIRTUAL_PTY_UNAVAILABLE */
export async function servePty(
  board: VirtualBoard,
  name: string,
  policy: LeavePolicy = 'reset',
): Promise<BoardServer> {
  const native = await loadNative();
  awaitClient(board);
  const folder = await mkdtemp(join(tmpdir(), 'espmint-'));
  const server = new PtyServer(native, board, folder, name, policy);
  try {
    await server.start();
  } catch (error) {
    await server.close();
    throw unavailable(error);
  }
  return server;
}

async function loadNative(): Promise<NativePty> {
  if (process.platform === 'win32') throw unavailable('Windows has no device paths for this');
  try {
    const { requireBinary } = await import('@lydell/node-pty/requireBinary.js');
    return requireBinary('pty.node') as NativePty;
  } catch (error) {
    throw unavailable(error);
  }
}

function unavailable(cause: unknown): EspmintError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
  return new EspmintError('VIRTUAL_PTY_UNAVAILABLE', { reason }, { cause });
}

/** One master and slave; we hold the slave until `letGo`. */
class Pair {
  readonly master: ReadStream;
  private isHeld = true;

  private constructor(
    readonly path: string,
    master: number,
    private readonly slaveFd: number,
  ) {
    this.master = new ReadStream(master);
    this.master.on('error', () => undefined);
  }

  static async open(native: NativePty): Promise<Pair> {
    const { pty, master, slave } = native.open(80, 24);
    const pair = new Pair(pty, master, slave);
    await makeRaw(pty);
    return pair;
  }

  letGo(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    closeSync(this.slaveFd);
  }

  destroy(): void {
    this.letGo();
    this.master.destroy();
  }
}

/**
 * A new pair is a terminal: it echoes, waits for lines and turns NL into CR NL. A serial library that opens it once
 * leaves it as a serial line, also for clients that change no settings. (Node's own raw mode leaves the NL in.)
 */
function makeRaw(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const port = new SerialPort({ path, baudRate: 115_200, autoOpen: false, lock: false });
    const settle = (error: Error | null): void => {
      if (error === null) resolve();
      else reject(error);
    };
    port.open((error) => {
      if (error === null) port.close(settle);
      else reject(error);
    });
  });
}

class PtyServer implements BoardServer {
  readonly url: string;
  /** Pair that a client uses or will use. */
  private current: Pair | undefined;
  /** Pair that the path leads to while `current` is in use. */
  private next: Pair | undefined;
  /** Made in advance, so that the path can be led to it at once. */
  private spare: Promise<Pair>;
  private renames = 0;
  private isClosed = false;

  constructor(
    private readonly native: NativePty,
    private readonly board: VirtualBoard,
    private readonly folder: string,
    name: string,
    private readonly policy: LeavePolicy,
  ) {
    this.url = join(folder, name);
    this.spare = this.makeSpare();
  }

  async start(): Promise<void> {
    const pair = await this.takeSpare();
    this.leadTo(pair);
    this.serve(pair);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.current?.destroy();
    this.next?.destroy();
    const spare = await this.spare.catch(() => undefined);
    spare?.destroy();
    await rm(this.folder, { recursive: true, force: true });
  }

  private serve(pair: Pair): void {
    this.current = pair;
    const early: Uint8Array[] = [];
    let port: HostPort | undefined;
    let started: Promise<void> | undefined;
    pair.master.on('data', (bytes: Buffer) => {
      if (port === undefined) early.push(bytes);
      else port.write(bytes);
      // Bytes wait until the path leads to the next pair: no answer comes before that, so no client can leave before.
      started ??= this.beginSession(pair).then((opened) => {
        port = opened;
        for (const waiting of early.splice(0)) opened?.write(waiting);
      });
    });
    pair.master.once('close', () => {
      pair.letGo();
      void (started ?? Promise.resolve()).then(() => {
        port?.unplug();
        this.endSession();
      });
    });
  }

  private async beginSession(pair: Pair): Promise<HostPort | undefined> {
    pair.letGo();
    this.next = await this.takeSpare();
    if (this.isClosed) {
      this.next.destroy();
      return undefined;
    }
    this.leadTo(this.next);
    if (!this.board.isFree) return undefined;
    return this.board.plugIn({
      bytes: together((bytes) => void pair.master.write(bytes)),
      gone: () => pair.destroy(),
    });
  }

  private endSession(): void {
    const { next } = this;
    this.next = undefined;
    if (this.isClosed || next === undefined) return;
    leaveBoard(this.board, this.policy);
    this.serve(next);
  }

  private async takeSpare(): Promise<Pair> {
    const pair = await this.spare;
    this.spare = this.makeSpare();
    return pair;
  }

  private makeSpare(): Promise<Pair> {
    const spare = Pair.open(this.native);
    // Whoever takes it meets the error; until then it is no unhandled one.
    spare.catch(() => undefined);
    return spare;
  }

  /** Replaces the link in one step, so that the path never leads nowhere. */
  private leadTo(pair: Pair): void {
    this.renames += 1;
    const fresh = `${this.url}.${this.renames}`;
    symlinkSync(pair.path, fresh);
    renameSync(fresh, this.url);
  }
}

/** @param write gets all that was handed over since the last call, at the end of the current turn of the event loop. */
function together(write: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
  let waiting: Uint8Array[] = [];
  return (bytes) => {
    waiting.push(bytes);
    if (waiting.length > 1) return;
    queueMicrotask(() => {
      const all = Buffer.concat(waiting);
      waiting = [];
      write(all);
    });
  };
}
