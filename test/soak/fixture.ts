// A fixture of virtual boards: each slot a cable whose board can be pulled, exchanged under an open link, or enumerated
// anew under another name, while a station works on it.
import type { PortInfo, Transport } from '../../src/driver/index.js';
import {
  memoryTransport,
  type HostEvents,
  type HostPort,
  type Pluggable,
  type VirtualBoard,
} from '../../src/virtual/index.js';

interface Session {
  readonly events: HostEvents;
  port: HostPort;
  baud: number | undefined;
}

/** What stands between a port and whatever board is at its end. */
class Cable implements Pluggable {
  #board: VirtualBoard;
  #session: Session | undefined;

  constructor(board: VirtualBoard) {
    this.#board = supplied(board);
  }

  get board(): VirtualBoard {
    return this.#board;
  }

  get isFree(): boolean {
    return this.#session === undefined;
  }

  plugIn(events: HostEvents): HostPort {
    const end = (): void => {
      if (this.#session === session) this.#session = undefined;
    };
    const told: HostEvents = {
      bytes: (bytes) => events.bytes(bytes),
      gone: (reason) => {
        end();
        events.gone(reason);
      },
    };
    const session: Session = { events: told, port: this.#board.plugIn(told), baud: undefined };
    this.#session = session;
    const whileOpen =
      <A extends unknown[]>(act: (...args: A) => void) =>
      (...args: A): void => {
        if (this.#session === session) act(...args);
      };
    return {
      write: whileOpen((bytes: Uint8Array) => session.port.write(bytes)),
      setLines: whileOpen((lines: Parameters<HostPort['setLines']>[0]) => session.port.setLines(lines)),
      setBaud: whileOpen((baud: number) => {
        session.baud = baud;
        session.port.setBaud(baud);
      }),
      discard: whileOpen(() => session.port.discard()),
      unplug: whileOpen(() => {
        session.port.unplug();
        end();
      }),
    };
  }

  /** Another board on the same needles: the adapter and its open port notice nothing. */
  exchange(board: VirtualBoard): void {
    this.#board = supplied(board);
    const session = this.#session;
    if (session === undefined) return;
    session.port.unplug();
    session.port = board.plugIn(session.events);
    if (session.baud !== undefined) session.port.setBaud(session.baud);
  }

  cut(): void {
    const session = this.#session;
    this.#session = undefined;
    session?.port.unplug();
    session?.events.gone('the cable was pulled');
  }
}

/** A board has its supply from the slot: where it comes into one, it starts anew. */
function supplied(board: VirtualBoard): VirtualBoard {
  board.powerCycle('application', { quiet: true });
  return board;
}

interface Socket {
  cable: Cable | undefined;
  path: string;
  names: number;
}

export class Fixture {
  readonly transport: Transport;
  readonly #reachable = new Map<string, Pluggable>();
  readonly #sockets: Socket[];

  /** Every third slot holds boards with their own USB, which fall off the bus when they restart. */
  constructor(slots: number) {
    this.#sockets = Array.from({ length: slots }, () => ({ cable: undefined, path: '', names: 0 }));
    this.transport = memoryTransport(this.#reachable);
  }

  static placeOf(index: number): string {
    return `1-${index + 1}`;
  }

  /** What the operating system would list now. */
  list(): PortInfo[] {
    return this.#sockets.flatMap(({ cable, path }, index) =>
      cable === undefined || !this.#reachable.has(path.slice(SCHEME.length))
        ? []
        : [{ path, location: Fixture.placeOf(index), isNativeUsb: index % 3 === 2 }],
    );
  }

  boardIn(index: number): VirtualBoard | undefined {
    return this.#sockets[index]?.cable?.board;
  }

  insert(index: number, board: VirtualBoard): void {
    const socket = this.#socket(index);
    socket.cable = new Cable(board);
    this.#appear(index, socket, socket.cable);
  }

  pull(index: number): void {
    const socket = this.#socket(index);
    this.#disappear(socket);
    socket.cable = undefined;
  }

  exchange(index: number, board: VirtualBoard): void {
    this.#socket(index).cable?.exchange(board);
  }

  /** Off the bus; the result brings the same board back under another name. */
  fallOff(index: number): () => void {
    const socket = this.#socket(index);
    const { cable } = socket;
    this.#disappear(socket);
    return () => {
      if (cable !== undefined && socket.cable === cable) this.#appear(index, socket, cable);
    };
  }

  #appear(index: number, socket: Socket, cable: Cable): void {
    const name = `slot${index + 1}-${++socket.names}`;
    socket.path = SCHEME + name;
    this.#reachable.set(name, cable);
  }

  #disappear({ cable, path }: Socket): void {
    this.#reachable.delete(path.slice(SCHEME.length));
    cable?.cut();
  }

  #socket(index: number): Socket {
    const socket = this.#sockets[index];
    if (socket === undefined) throw new Error(`the fixture has no slot ${index}`);
    return socket;
  }
}

const SCHEME = 'virtual://';
