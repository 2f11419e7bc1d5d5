// Telnet with the serial port option (RFC 854, RFC 2217) as bytes: pure codec, no connection.

const IAC = 0xff;
const SB = 0xfa;
const SE = 0xf0;

/** Negotiation verbs. */
export const VERB = { will: 0xfb, wont: 0xfc, do: 0xfd, dont: 0xfe } as const;
export type Verb = (typeof VERB)[keyof typeof VERB];

/** Options: RFC 856, RFC 858, RFC 2217. */
export const OPTION = { binary: 0, suppressGoAhead: 3, comPort: 44 } as const;

/** RFC 2217 commands, client to server; the server answers each with its number plus REPLY_OFFSET. */
export const COM_PORT = {
  setBaud: 1,
  setDataSize: 2,
  setParity: 3,
  setStopSize: 4,
  setControl: 5,
  purgeData: 12,
} as const;
export const REPLY_OFFSET = 100;

/** Values of SET-CONTROL. */
export const CONTROL = { noFlowControl: 1, dtrOn: 8, dtrOff: 9, rtsOn: 11, rtsOff: 12 } as const;
export const PURGE_BOTH = 3;

export type TelnetEvent =
  | { readonly kind: 'negotiation'; readonly verb: Verb; readonly option: number }
  /** A COM-PORT-OPTION command from the other side. */
  | { readonly kind: 'comPort'; readonly command: number; readonly value: Uint8Array };

/** Data for the serial port, IAC doubled. */
export function escapeData(data: Uint8Array): Uint8Array {
  if (!data.includes(IAC)) return data;
  return Uint8Array.from(Array.from(data).flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte])));
}

export function negotiation(verb: Verb, option: number): Uint8Array {
  return Uint8Array.of(IAC, verb, option);
}

export function comPortCommand(command: number, value: Uint8Array): Uint8Array {
  return Uint8Array.of(IAC, SB, OPTION.comPort, command, ...escapeData(value), IAC, SE);
}

/** A sub-negotiation longer than any that RFC 2217 knows is cut; only a broken server sends it. */
const MAX_SUB_BYTES = 512;

const isVerb = (byte: number): byte is Verb => byte >= VERB.will && byte <= VERB.dont;

/** Takes a stream, split anywhere, apart into serial data and telnet events. */
export class TelnetDecoder {
  #state: 'data' | 'command' | Verb = 'data';
  /** Bytes of the sub-negotiation that has begun. */
  #sub: number[] | undefined;

  push(chunk: Uint8Array): { readonly data: Uint8Array; readonly events: readonly TelnetEvent[] } {
    const data: number[] = [];
    const events: TelnetEvent[] = [];
    for (const byte of chunk) this.#take(byte, data, events);
    return { data: Uint8Array.from(data), events };
  }

  #take(byte: number, data: number[], events: TelnetEvent[]): void {
    if (this.#state === 'data') {
      if (byte === IAC) this.#state = 'command';
      else this.#literal(byte, data);
    } else if (this.#state === 'command') {
      this.#command(byte, data, events);
    } else {
      events.push({ kind: 'negotiation', verb: this.#state, option: byte });
      this.#state = 'data';
    }
  }

  #command(byte: number, data: number[], events: TelnetEvent[]): void {
    this.#state = 'data';
    if (byte === IAC) this.#literal(IAC, data);
    else if (byte === SB) this.#sub = [];
    else if (byte === SE) this.#endSub(events);
    else if (isVerb(byte)) this.#state = byte;
    // NOP, break and the like mean nothing here.
  }

  #literal(byte: number, data: number[]): void {
    if (this.#sub === undefined) data.push(byte);
    else if (this.#sub.length < MAX_SUB_BYTES) this.#sub.push(byte);
  }

  #endSub(events: TelnetEvent[]): void {
    const [option, command, ...value] = this.#sub ?? [];
    this.#sub = undefined;
    if (option === OPTION.comPort && command !== undefined) {
      events.push({ kind: 'comPort', command, value: Uint8Array.from(value) });
    }
  }
}
