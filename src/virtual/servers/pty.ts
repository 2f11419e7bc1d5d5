// A virtual board behind a device path: a pseudo-terminal whose path stays while clients come and go.
//
// The master side cannot see opening, baud or modem lines; it only sees that nobody holds the other end any more. So
// we hold that end ourselves until the first byte of a client, and take the hangup after it for the client's leaving.
// From the first byte on, the path leads to a fresh pair already: the next client never meets the old one's end.
import { closeSync } from 'node:fs';
import { mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadStream } from 'node:tty';
import { EspmintError } from '../../core/errors/index.js';
import type { HostPort, VirtualBoard } from '../board.js';
import { leaveBoard, type BoardServer, type LeavePolicy } from './server.js';

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
  board.powerCycle('download', { quiet: true });
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
  readonly path: string;
  private readonly slave: ReadStream;
  private readonly slaveFd: number;
  private isHeld = true;

  constructor(native: NativePty) {
    const opened = native.open(80, 24);
    this.path = opened.pty;
    this.slaveFd = opened.slave;
    // Raw: no echo, no line buffering. Serial clients switch off the rest (NL translation) themselves.
    this.slave = new ReadStream(opened.slave);
    this.slave.setRawMode(true);
    this.master = new ReadStream(opened.master);
    this.master.on('error', () => undefined);
  }

  /** The slave is ours no more. Node opened it a second time, so both descriptors are closed. */
  letGo(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.slave.destroy();
    closeSync(this.slaveFd);
  }

  destroy(): void {
    this.letGo();
    this.master.destroy();
  }
}

class PtyServer implements BoardServer {
  readonly url: string;
  private current: Pair | undefined;
  /** Pair that the path leads to while `current` is in use. */
  private standby: Pair | undefined;
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
  }

  async start(): Promise<void> {
    const pair = new Pair(this.native);
    await this.leadTo(pair);
    this.serve(pair);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.current?.destroy();
    this.standby?.destroy();
    await rm(this.folder, { recursive: true, force: true });
  }

  private serve(pair: Pair): void {
    this.current = pair;
    let port: HostPort | undefined;
    pair.master.on('data', (bytes: Buffer) => {
      if (port === undefined) {
        port = this.board.isFree ? this.plugIn(pair) : undefined;
        pair.letGo();
        this.prepareNext();
      }
      port?.write(bytes);
    });
    pair.master.once('close', () => {
      pair.letGo();
      port?.unplug();
      if (this.isClosed) return;
      leaveBoard(this.board, this.policy);
      this.serveNext();
    });
  }

  private plugIn(pair: Pair): HostPort {
    return this.board.plugIn({
      bytes: (bytes) => void pair.master.write(bytes),
      gone: () => {
        pair.destroy();
      },
    });
  }

  private prepareNext(): void {
    const pair = new Pair(this.native);
    this.standby = pair;
    void this.leadTo(pair).catch(() => {
      // The folder is gone: the server is closing.
      pair.destroy();
    });
  }

  private serveNext(): void {
    if (this.standby === undefined) this.prepareNext();
    const pair = this.standby;
    this.standby = undefined;
    if (pair !== undefined) this.serve(pair);
  }

  /** Replaces the link in one step, so that the path never leads nowhere. */
  private async leadTo(pair: Pair): Promise<void> {
    this.renames += 1;
    const fresh = `${this.url}.${this.renames}`;
    await symlink(pair.path, fresh);
    await rename(fresh, this.url);
  }
}
