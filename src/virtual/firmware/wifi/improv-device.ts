// Firmware that speaks Improv Serial: a reading of the specification apart from the client's, as a device keeps it.
import type { Air } from './air.js';
import { authOf, joinLog, scannedName, type JoinAttempt } from './air.js';

/** What the device does next: bytes to send, or time to take. */
export type Act =
  | { readonly say: Uint8Array }
  | { readonly waitMs: number }
  | { readonly leave: true }
  | { readonly restart: true };

const HEADER = [0x49, 0x4d, 0x50, 0x52, 0x4f, 0x56, 1];
const NEWLINE = 0x0a;
const SLOW_MS = 3_000;
/** A device gives up a packet that does not end. */
const MOST_BYTES = 300;

export class ImprovDevice {
  private buffer: number[] = [];
  private state: 2 | 3 | 4 = 2;
  private answers = 0;

  constructor(
    private readonly air: Air,
    private readonly facts: ChipFacts,
  ) {}

  receive(bytes: Uint8Array): Act[] {
    const acts: Act[] = [];
    for (const byte of bytes) {
      this.buffer.push(byte);
      if (this.buffer.length > MOST_BYTES) this.buffer = [];
      const at = this.buffer.length - 1;
      const expected = HEADER[at];
      if (expected !== undefined && byte !== expected) {
        this.buffer = byte === HEADER[0] ? [byte] : [];
        continue;
      }
      const length = this.buffer[8];
      if (length === undefined || this.buffer.length < 9 + length + 1) continue;
      const packet = this.buffer;
      this.buffer = [];
      acts.push(...this.take(packet));
    }
    return acts;
  }

  private take(packet: readonly number[]): Act[] {
    const sum = packet.slice(0, -1).reduce((total, byte) => total + byte, 0) % 256;
    if (sum !== packet.at(-1) || packet[7] !== 3) return [this.packet(2, [1])];
    const data = packet.slice(9, -1);
    const [command = 0, size = 0, ...parameters] = data;
    if (size !== parameters.length) return [this.packet(2, [1])];
    if (this.air.fault === 'drops' && ++this.answers % 2 === 1) {
      // The line broke off in the middle of a packet.
      return [{ say: Uint8Array.from([...HEADER, 4, 200, 1]) }];
    }
    return this.answer(command, parameters);
  }

  private answer(command: number, parameters: readonly number[]): Act[] {
    const accepted = this.packet(2, [0]);
    switch (command) {
      case 1:
        return [accepted, ...this.join(textsOf(parameters))];
      case 2:
        return [
          accepted,
          this.packet(1, [this.state]),
          ...(this.state === 4 ? [this.result(2, [this.url])] : []),
        ];
      case 3:
        return [
          accepted,
          this.result(3, [
            'espmint virtual',
            '1.0.0',
            this.facts.chip.toUpperCase(),
            `Board ${this.facts.mac}`,
          ]),
        ];
      case 4:
        return [
          accepted,
          this.log('wifi: scan'),
          ...this.air.networks.map((network) =>
            this.result(4, [
              scannedName(network),
              String(network.rssi ?? -60),
              authOf(network) === 0 ? 'NO' : 'YES',
            ]),
          ),
          this.result(4, []),
        ];
      default:
        return [this.packet(2, [2])];
    }
  }

  private get url(): string {
    return `http://board-${this.facts.mac.replaceAll(':', '')}.local/`;
  }

  private join([ssid = '', password = '']: readonly string[]): Act[] {
    if (this.air.fault === 'rejects') return [this.packet(2, [0xff])];
    const attempt: JoinAttempt = { ssid, password };
    const outcome = this.air.join(attempt);
    const before = this.state;
    this.state = outcome.joined ? 4 : 2;
    const logged = joinLog(attempt, outcome).map((line) => this.text(`${line}\r\n`));
    const head: Act[] = [this.packet(1, [3]), ...(this.air.fault === 'slow' ? [{ waitMs: SLOW_MS }] : [])];
    if (this.air.fault === 'closes') return [...head, { leave: true }];
    if (this.air.fault === 'silent') {
      this.state = before;
      return head;
    }
    if (!outcome.joined) return [...head, ...logged, this.packet(2, [3]), this.packet(1, [2])];
    return [...head, ...logged, this.packet(1, [4]), this.result(1, [this.url])];
  }

  private result(command: number, texts: readonly (string | Buffer)[]): Act {
    const payload = texts.flatMap((text) => {
      const bytes = typeof text === 'string' ? Buffer.from(text) : text;
      return [bytes.length, ...bytes];
    });
    return this.packet(4, [command, payload.length, ...payload]);
  }

  /** A newline before and after, so that clients which read lines find it behind text without an end. */
  private packet(type: number, data: readonly number[]): Act {
    const packet = [...HEADER, type, data.length, ...data];
    const sum = packet.reduce((total, byte) => total + byte, 0) % 256;
    return { say: Uint8Array.from([NEWLINE, ...packet, sum, NEWLINE]) };
  }

  private log(text: string): Act {
    return this.text(`I (4711) ${text}\r\n`);
  }

  private text(text: string): Act {
    return { say: new TextEncoder().encode(text) };
  }
}

function textsOf(bytes: readonly number[]): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at] ?? 0;
    texts.push(Buffer.from(bytes.slice(at + 1, at + 1 + length)).toString());
    at += 1 + length;
  }
  return texts;
}

// What firmware knows of the chip that it runs on.
interface ChipFacts {
  readonly chip: string;
  /** Lower case with colons. */
  readonly mac: string;
}
