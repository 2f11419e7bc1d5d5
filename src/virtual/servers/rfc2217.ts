// A virtual board behind an RFC 2217 server: bytes, baud rate and the DTR and RTS lines that reset it.
import type { Socket } from 'node:net';
import type { HostPort, VirtualBoard } from '../board.js';
import { COM_PORT_OPTION, ComPort } from './com-port.js';
import { type BoardServer, type ListenAddress, listenTcp } from './server.js';
import {
  encodeData,
  encodeNegotiation,
  encodeSubnegotiation,
  TelnetDecoder,
  type TelnetEvent,
  VERB,
} from './telnet.js';

const BINARY = 0;
const SUPPRESS_GO_AHEAD = 3;
const SUPPORTED: readonly number[] = [BINARY, SUPPRESS_GO_AHEAD, COM_PORT_OPTION];

/** Serves `rfc2217://`. The board runs its application until the lines reset it. @throws VIRTUAL_LISTEN_FAILED */
export function serveRfc2217(board: VirtualBoard, address: ListenAddress): Promise<BoardServer> {
  return listenTcp('rfc2217', address, (client) => {
    if (!board.isFree) return false;
    new Session(board, client);
    return true;
  });
}

class Session {
  private readonly decoder = new TelnetDecoder();
  private readonly port: HostPort;
  private readonly comPort: ComPort;
  /** Options in force, by who performs them. */
  private readonly ours = new Set<number>();
  private readonly theirs = new Set<number>();

  constructor(
    board: VirtualBoard,
    private readonly client: Socket,
  ) {
    this.port = board.plugIn({
      bytes: (bytes) => void client.write(encodeData(bytes)),
      gone: () => void client.destroy(),
    });
    this.comPort = new ComPort({
      setLines: (lines) => this.port.setLines(lines),
      setBaud: (baud) => this.port.setBaud(baud),
      purge: () => this.port.discard(),
      answer: (payload) => void client.write(encodeSubnegotiation(COM_PORT_OPTION, payload)),
    });
    client.on('data', (bytes) => {
      for (const event of this.decoder.push(bytes)) this.handle(event);
    });
    client.on('close', () => {
      this.comPort.release();
      this.port.unplug();
    });
    for (const option of [BINARY, SUPPRESS_GO_AHEAD]) this.offer(option);
  }

  /** We ask for both directions at once; the peer's agreement then needs no answer. */
  private offer(option: number): void {
    this.ours.add(option);
    this.theirs.add(option);
    this.client.write(encodeNegotiation(VERB.WILL, option));
    this.client.write(encodeNegotiation(VERB.DO, option));
  }

  private handle(event: TelnetEvent): void {
    if (event.type === 'data') this.port.write(event.bytes);
    else if (event.type === 'negotiation') this.negotiate(event.verb, event.option);
    else if (event.option === COM_PORT_OPTION) this.comPort.take(event.payload);
  }

  /** Answers changes only, so that two agreeing sides fall silent (RFC 854, "option negotiation"). */
  private negotiate(verb: number, option: number): void {
    const isOurs = verb === VERB.DO || verb === VERB.DONT;
    const active = isOurs ? this.ours : this.theirs;
    const [accept, refuse] = isOurs ? [VERB.WILL, VERB.WONT] : [VERB.DO, VERB.DONT];
    if (verb === VERB.DONT || verb === VERB.WONT) {
      if (active.delete(option)) this.client.write(encodeNegotiation(refuse, option));
      return;
    }
    if (active.has(option)) return;
    if (!SUPPORTED.includes(option)) {
      this.client.write(encodeNegotiation(refuse, option));
      return;
    }
    active.add(option);
    this.client.write(encodeNegotiation(accept, option));
    if (option === COM_PORT_OPTION && !isOurs) this.comPort.start();
  }
}
