// COM-PORT-OPTION on the access server's side (RFC 2217): what a client asks of the serial port, and what it answers.
import type { Lines } from '../reset-circuit.js';

export const COM_PORT_OPTION = 44;
/** Client's requests; the server's answer carries the same number plus 100. */
const REQUEST = {
  SIGNATURE: 0,
  SET_BAUDRATE: 1,
  SET_DATASIZE: 2,
  SET_PARITY: 3,
  SET_STOPSIZE: 4,
  SET_CONTROL: 5,
  SET_LINESTATE_MASK: 10,
  SET_MODEMSTATE_MASK: 11,
  PURGE_DATA: 12,
} as const;
const ANSWER_OFFSET = 100;
const NOTIFY_LINESTATE = 106;
const NOTIFY_MODEMSTATE = 107;
/** SET-CONTROL: 0 to 3 outbound flow control, 4 to 6 break, 7 to 9 DTR, 10 to 12 RTS, 13 to 19 inbound flow. */
const CONTROL = {
  NO_FLOW: 1,
  BREAK_OFF: 6,
  DTR_QUERY: 7,
  DTR_ON: 8,
  DTR_OFF: 9,
  RTS_QUERY: 10,
  RTS_ON: 11,
  RTS_OFF: 12,
  NO_INBOUND_FLOW: 14,
} as const;
/** CTS, DSR and carrier on: an adapter whose inputs are tied. */
const MODEM_STATE = 0xb0;
/** Transmit shift and holding register empty. */
const LINE_STATE = 0x60;
const DEFAULT_BAUD = 115_200;
const DEFAULT_FORMAT = { dataSize: 8, parity: 1, stopSize: 1 };
const SIGNATURE = 'espmint virtual board';

/** What the server does with what the client sets. */
export interface ComPortPins {
  setLines(lines: Lines): void;
  setBaud(baud: number): void;
  /** Forget bytes under way to the client. */
  purge(): void;
  /** One COM-PORT-OPTION payload to the client. */
  answer(payload: Uint8Array): void;
}

export class ComPort {
  private lines: Lines = { dtr: false, rts: false };
  private baud = DEFAULT_BAUD;
  private readonly format = new Map<number, number>([
    [REQUEST.SET_DATASIZE, DEFAULT_FORMAT.dataSize],
    [REQUEST.SET_PARITY, DEFAULT_FORMAT.parity],
    [REQUEST.SET_STOPSIZE, DEFAULT_FORMAT.stopSize],
  ]);

  constructor(private readonly pins: ComPortPins) {}

  /** The client may use the option: it is sent the state of the lines once. */
  start(): void {
    this.pins.setBaud(this.baud);
    this.notify();
  }

  /** Both lines fall, as when a port is closed. */
  release(): void {
    this.lines = { dtr: false, rts: false };
    this.pins.setLines(this.lines);
  }

  take(payload: Uint8Array): void {
    const [request, ...rest] = payload;
    const value = Uint8Array.from(rest);
    switch (request) {
      case REQUEST.SIGNATURE:
        // With text it is the client's own signature, which needs no answer.
        if (value.length === 0) this.answer(request, new TextEncoder().encode(SIGNATURE));
        return;
      case REQUEST.SET_BAUDRATE:
        this.takeBaud(value);
        return;
      case REQUEST.SET_DATASIZE:
      case REQUEST.SET_PARITY:
      case REQUEST.SET_STOPSIZE:
        if (value[0] !== undefined && value[0] !== 0) this.format.set(request, value[0]);
        this.answer(request, Uint8Array.of(this.format.get(request) ?? 0));
        return;
      case REQUEST.SET_CONTROL:
        this.answer(request, Uint8Array.of(this.control(value[0] ?? 0)));
        return;
      case REQUEST.SET_LINESTATE_MASK:
        this.answer(request, value);
        return;
      case REQUEST.SET_MODEMSTATE_MASK:
        this.answer(request, value);
        this.notify();
        return;
      case REQUEST.PURGE_DATA:
        this.pins.purge();
        this.answer(request, value);
        return;
      default:
        // Flow control of the connection itself, or unknown: RFC 2217 asks for no answer.
        return;
    }
  }

  /** 0 asks for the rate in force. */
  private takeBaud(value: Uint8Array): void {
    if (value.length !== 4) return;
    const view = new DataView(value.buffer);
    const wanted = view.getUint32(0);
    if (wanted !== 0) {
      this.baud = wanted;
      this.pins.setBaud(wanted);
    }
    view.setUint32(0, this.baud);
    this.answer(REQUEST.SET_BAUDRATE, value);
  }

  /** The value to answer with: the state in force. */
  private control(value: number): number {
    const { lines } = this;
    if (value === CONTROL.DTR_ON || value === CONTROL.DTR_OFF) {
      this.setLines({ ...lines, dtr: value === CONTROL.DTR_ON });
      return value;
    }
    if (value === CONTROL.RTS_ON || value === CONTROL.RTS_OFF) {
      this.setLines({ ...lines, rts: value === CONTROL.RTS_ON });
      return value;
    }
    if (value === CONTROL.DTR_QUERY) return lines.dtr ? CONTROL.DTR_ON : CONTROL.DTR_OFF;
    if (value === CONTROL.RTS_QUERY) return lines.rts ? CONTROL.RTS_ON : CONTROL.RTS_OFF;
    if (value <= 3) return CONTROL.NO_FLOW;
    return value <= CONTROL.BREAK_OFF ? CONTROL.BREAK_OFF : CONTROL.NO_INBOUND_FLOW;
  }

  private setLines(lines: Lines): void {
    this.lines = lines;
    this.pins.setLines(lines);
  }

  private notify(): void {
    this.pins.answer(Uint8Array.of(NOTIFY_LINESTATE, LINE_STATE));
    this.pins.answer(Uint8Array.of(NOTIFY_MODEMSTATE, MODEM_STATE));
  }

  private answer(request: number, value: Uint8Array): void {
    this.pins.answer(Uint8Array.from([request + ANSWER_OFFSET, ...value]));
  }
}
