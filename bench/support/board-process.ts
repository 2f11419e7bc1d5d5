// Virtual boards in a process of their own: their processor time is counted apart from the station's.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  CALM_CLOCK,
  createVirtualBoard,
  INSTANT,
  REAL,
  servePty,
  serveRfc2217,
  serveTcp,
  type BoardServer,
  type VirtualBoard,
} from '../../src/virtual/index.js';

/** How a board is reached: a device path, or a socket with or without modem lines. */
type LinkKind = 'pty' | 'rfc2217' | 'tcp';

export interface BoardsWanted {
  readonly count: number;
  /** MACs count up from here. */
  readonly firstBoard: number;
  readonly timing: 'instant' | 'real';
  readonly link: LinkKind;
}

type Request = ({ readonly do: 'serve' } & BoardsWanted) | { readonly do: 'tell-cpu' };
type Answer = { readonly urls: readonly string[] } | { readonly cpuMs: number } | { readonly error: string };

const ARGUMENT = 'serve-boards';
const MIB = 2 ** 20;

/** Whether this process was started to serve boards. */
export const isBoardProcess = (): boolean => process.argv[2] === ARGUMENT;

/** The starting side. */
export class BoardProcess {
  readonly #child: ChildProcess;

  /** @param file a program that calls `serveBoards` where `isBoardProcess`. */
  constructor(file: string) {
    this.#child = fork(file, [ARGUMENT], { execArgv: [] });
  }

  /** Takes the boards that are there away and puts new ones there. */
  async serve(wanted: BoardsWanted): Promise<readonly string[]> {
    const answer = await this.#ask({ do: 'serve', ...wanted });
    return 'urls' in answer ? answer.urls : [];
  }

  /** Processor time so far, milliseconds. */
  async cpuMs(): Promise<number> {
    const answer = await this.#ask({ do: 'tell-cpu' });
    return 'cpuMs' in answer ? answer.cpuMs : 0;
  }

  async close(): Promise<void> {
    // Ctrl-C ends it as well.
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    await ended;
  }

  async #ask(request: Request): Promise<Answer> {
    const answered = once(this.#child, 'message') as Promise<[Answer]>;
    this.#child.send(request);
    const [answer] = await answered;
    if ('error' in answer) throw new Error(`the virtual boards: ${answer.error}`);
    return answer;
  }
}

interface Served {
  readonly board: VirtualBoard;
  readonly server: BoardServer;
}

/** The started side: ends when its parent does. */
export function serveBoards(): void {
  let served: readonly Served[] = [];
  const takeAway = async (): Promise<void> => {
    for (const { board, server } of served) {
      await server.close();
      board.dispose();
    }
    served = [];
  };
  const answer = async (request: Request): Promise<Answer> => {
    if (request.do === 'tell-cpu') {
      const { user, system } = process.cpuUsage();
      return { cpuMs: (user + system) / 1000 };
    }
    await takeAway();
    served = await Promise.all(
      Array.from({ length: request.count }, (_, index) => serve(request, request.firstBoard + index)),
    );
    return { urls: served.map(({ server }) => server.url) };
  };
  process.on('message', (request: Request) => {
    void answer(request)
      .catch((error: unknown): Answer => ({ error: String(error) }))
      .then((text) => process.send?.(text));
  });
  process.on('disconnect', () => void takeAway());
}

async function serve({ timing, link }: BoardsWanted, number: number): Promise<Served> {
  const board = createVirtualBoard({
    mac: macOf(number),
    flashSizeBytes: MIB,
    clock: CALM_CLOCK,
    timing: timing === 'real' ? REAL : INSTANT,
  });
  return { board, server: await listen(board, link, number) };
}

function listen(board: VirtualBoard, link: LinkKind, number: number): Promise<BoardServer> {
  const anyPort = { host: '127.0.0.1', port: 0 };
  switch (link) {
    case 'pty':
      return servePty(board, `esp32-${number}`);
    case 'rfc2217':
      return serveRfc2217(board, anyPort);
    case 'tcp':
      return serveTcp(board, anyPort);
  }
}

function macOf(board: number): string {
  const tail = board.toString(16).padStart(6, '0');
  return `a4:cf:12:${tail.match(/../g)?.join(':') ?? ''}`;
}
