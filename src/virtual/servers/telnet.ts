// The Telnet layer under RFC 2217: commands taken out of the byte stream and put into it (RFC 854, RFC 855).

const IAC = 255;
export const VERB = { SE: 240, SB: 250, WILL: 251, WONT: 252, DO: 253, DONT: 254 } as const;
type NegotiationVerb = typeof VERB.WILL | typeof VERB.WONT | typeof VERB.DO | typeof VERB.DONT;

export type TelnetEvent =
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'negotiation'; readonly verb: NegotiationVerb; readonly option: number }
  | { readonly type: 'subnegotiation'; readonly option: number; readonly payload: Uint8Array };

/** A subnegotiation that never ends is given up at this size, bytes. */
const MAX_SUBNEGOTIATION_BYTES = 1024;

type State = 'data' | 'command' | 'option' | 'sub' | 'sub-command';

/** Takes bytes as they come and hands out data and commands in order. */
export class TelnetDecoder {
  private state: State = 'data';
  private verb: NegotiationVerb = VERB.WILL;
  private sub: number[] = [];

  push(bytes: Uint8Array): TelnetEvent[] {
    const events: TelnetEvent[] = [];
    const data: number[] = [];
    const flush = (): void => {
      if (data.length > 0) events.push({ type: 'data', bytes: Uint8Array.from(data.splice(0)) });
    };
    for (const byte of bytes) {
      const result = this.take(byte);
      if (result === undefined) continue;
      if (typeof result === 'number') data.push(result);
      else {
        flush();
        events.push(result);
      }
    }
    flush();
    return events;
  }

  /** A data byte, an event, or nothing yet. */
  private take(byte: number): number | TelnetEvent | undefined {
    switch (this.state) {
      case 'data':
        if (byte !== IAC) return byte;
        this.state = 'command';
        return undefined;
      case 'command':
        return this.takeVerb(byte);
      case 'option':
        this.state = 'data';
        return { type: 'negotiation', verb: this.verb, option: byte };
      case 'sub':
        if (byte === IAC) this.state = 'sub-command';
        else this.keep(byte);
        return undefined;
      case 'sub-command':
        return this.endSub(byte);
    }
  }

  private takeVerb(byte: number): number | undefined {
    this.state = 'data';
    if (byte === IAC) return IAC;
    if (byte === VERB.SB) {
      this.sub = [];
      this.state = 'sub';
    } else if (byte === VERB.WILL || byte === VERB.WONT || byte === VERB.DO || byte === VERB.DONT) {
      this.verb = byte;
      this.state = 'option';
    }
    // Other commands (NOP, BREAK, ...) stand alone and mean nothing here.
    return undefined;
  }

  private endSub(byte: number): TelnetEvent | undefined {
    this.state = 'sub';
    if (byte === IAC) {
      this.keep(IAC);
      return undefined;
    }
    if (byte !== VERB.SE) return undefined;
    this.state = 'data';
    const [option, ...payload] = this.sub;
    return option === undefined
      ? undefined
      : { type: 'subnegotiation', option, payload: Uint8Array.from(payload) };
  }

  private keep(byte: number): void {
    if (this.sub.length < MAX_SUBNEGOTIATION_BYTES) this.sub.push(byte);
    else this.state = 'data';
  }
}

/** Data with every FF doubled. */
export function encodeData(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(IAC)) return bytes;
  return Uint8Array.from([...bytes].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte])));
}

export const encodeNegotiation = (verb: NegotiationVerb, option: number): Uint8Array =>
  Uint8Array.of(IAC, verb, option);

export function encodeSubnegotiation(option: number, payload: Uint8Array): Uint8Array {
  return Uint8Array.from([IAC, VERB.SB, option, ...encodeData(payload), IAC, VERB.SE]);
}
