// Firmware that waits for unified provisioning, written from the protocol, apart from the client.
import { bytesField, numberOf, readFields, varintField, type Fields } from './fields.js';
import {
  CurveHandshake,
  PlainHandshake,
  SrpHandshake,
  type Channel,
  type Handshake,
  type ProtocommSettings,
} from './handshakes.js';
import {
  authOf,
  bssidOf,
  joinLog,
  scannedName,
  type Air,
  type JoinAttempt,
  type JoinOutcome,
} from './air.js';

/** Questions after which a slow board has joined. */
const SLOW_QUESTIONS = 3;
const MOST_SSID = 32;
const MOST_PASSPHRASE = 63;

export class ProtocommDevice {
  private sessionId: number | undefined;
  private handshake: Handshake | undefined;
  private channel: Channel | undefined;
  private wanted: JoinAttempt | undefined;
  private outcome: JoinOutcome | undefined;
  private questions = 0;
  private answers = 0;
  /** What the firmware logs; taken by who prints it. */
  readonly log: string[] = [];
  /** Set when the device has reported that it is connected: the service ends. */
  finished = false;

  constructor(
    private readonly air: Air,
    private readonly settings: ProtocommSettings,
  ) {}

  /** @returns the answer; undefined where the handler fails */
  handle(endpoint: string, sessionId: number, body: Uint8Array): Uint8Array | undefined {
    if (endpoint === 'proto-ver') return Buffer.from(this.versionText());
    try {
      if (endpoint === 'prov-session') return this.session(sessionId, Buffer.from(body));
      if (this.channel === undefined || sessionId !== this.sessionId) return undefined;
      const asked = this.channel.open(Buffer.from(body));
      const answer = this.dispatch(endpoint, readFields(asked));
      if (answer === undefined) return undefined;
      const sealed = this.channel.seal(answer);
      // The answer is made, and lost on its way.
      return this.air.fault === 'drops' && ++this.answers % 2 === 0 ? undefined : sealed;
    } catch {
      return undefined;
    }
  }

  private versionText(): string {
    const { security, securityPatch, proof } = this.settings;
    const cap = [
      ...(security === 0 ? ['no_sec'] : proof === '' && security === 1 ? ['no_pop'] : []),
      'wifi_prov',
      'wifi_scan',
    ];
    return JSON.stringify({
      prov: { ver: 'netprov-v1.2', sec_ver: security, sec_patch_ver: securityPatch, cap },
    });
  }

  private session(id: number, body: Buffer): Buffer | undefined {
    const outer = readFields(body);
    const { security } = this.settings;
    const payload = outer.get(10 + security);
    if (!(payload instanceof Buffer)) return undefined;
    const fields = readFields(payload);
    const step = numberOf(fields.get(1));
    if (step === 0) {
      this.sessionId = id;
      this.channel = undefined;
      this.handshake = this.newHandshake();
    }
    if (this.handshake === undefined || id !== this.sessionId) return undefined;
    const command = fields.get(20 + step);
    const request = command instanceof Buffer ? readFields(command) : new Map<number, bigint | Buffer>();
    const answer = step === 0 ? this.handshake.first(request) : this.handshake.second(request);
    if (answer === undefined) return undefined;
    if (this.handshake.channel !== undefined) this.channel = this.handshake.channel;
    const inner = Buffer.concat([varintField(1, step + 1), bytesField(21 + step, answer)]);
    return Buffer.concat([varintField(2, security), bytesField(10 + security, inner)]);
  }

  private newHandshake(): Handshake {
    const { security } = this.settings;
    if (security === 0) return new PlainHandshake();
    return security === 1 ? new CurveHandshake(this.settings.proof) : new SrpHandshake(this.settings);
  }

  private dispatch(endpoint: string, fields: Fields): Buffer | undefined {
    if (endpoint === 'prov-config') return this.config(fields);
    if (endpoint === 'prov-scan') return this.scan(fields);
    if (endpoint === 'prov-ctrl') {
      this.wanted = this.outcome = undefined;
      return Buffer.concat([varintField(1, 2), bytesField(12, Buffer.alloc(0))]);
    }
    return undefined;
  }

  private config(fields: Fields): Buffer | undefined {
    const message = numberOf(fields.get(1));
    // Clients may leave out a command that says nothing beside its kind.
    const command = fields.get(10 + message);
    if (message === 2) {
      if (!(command instanceof Buffer)) return undefined;
      return configAnswer(3, statusField(this.set(readFields(command))));
    }
    if (message === 4) return configAnswer(5, statusField(this.apply()));
    return message === 0 ? configAnswer(1, this.status()) : undefined;
  }

  private set(fields: Fields): number {
    const ssid = fields.get(1);
    const passphrase = fields.get(2) ?? Buffer.alloc(0);
    if (this.air.fault === 'rejects') return 5;
    if (!(ssid instanceof Buffer) || !(passphrase instanceof Buffer)) return 4;
    if (ssid.length === 0 || ssid.length > MOST_SSID || passphrase.length > MOST_PASSPHRASE) return 4;
    this.wanted = { ssid: ssid.toString(), password: passphrase.toString() };
    return 0;
  }

  private apply(): number {
    if (this.wanted === undefined) return 5;
    this.outcome = this.air.join(this.wanted);
    this.questions = 0;
    this.log.push(...joinLog(this.wanted, this.outcome));
    return 0;
  }

  /** Field 2: 0 connected, 1 connecting, 2 disconnected, 3 failed. */
  private status(): Buffer {
    const { outcome, wanted } = this;
    const patience = this.air.fault === 'slow' ? SLOW_QUESTIONS : 1;
    if (outcome === undefined || wanted === undefined) return varintField(2, 2);
    const { fault } = this.air;
    if (++this.questions <= patience || fault === 'silent' || (!outcome.joined && outcome.reason === 0)) {
      return Buffer.concat([varintField(2, 1), bytesField(12, varintField(1, 3))]);
    }
    if (fault === 'closes') throw new Error('the service is gone');
    if (!outcome.joined) {
      return Buffer.concat([varintField(2, 3), Buffer.from([10 << 3, outcome.reason === 201 ? 1 : 0])]);
    }
    this.finished = true;
    const connected = Buffer.concat([
      bytesField(1, Buffer.from(outcome.address)),
      varintField(2, 3),
      bytesField(3, Buffer.from(wanted.ssid)),
      bytesField(4, Buffer.from(outcome.bssid.replaceAll(':', ''), 'hex')),
      varintField(5, outcome.channel),
    ]);
    return bytesField(11, connected);
  }

  private scan(fields: Fields): Buffer | undefined {
    const message = numberOf(fields.get(1));
    const { networks } = this.air;
    const answer = (type: number, payload: Buffer, status = 0): Buffer =>
      Buffer.concat([varintField(1, type), varintField(2, status), bytesField(10 + type, payload)]);
    if (message === 0) return answer(1, Buffer.alloc(0));
    if (message === 2) return answer(3, Buffer.concat([varintField(1, 1), varintField(2, networks.length)]));
    const command = fields.get(14);
    if (message !== 4 || !(command instanceof Buffer)) return undefined;
    const range = readFields(command);
    const start = numberOf(range.get(1));
    const count = numberOf(range.get(2));
    if (start + count > networks.length) return answer(5, Buffer.alloc(0), 4);
    const entries = networks
      .slice(start, start + count)
      .map((network) =>
        bytesField(
          1,
          Buffer.concat([
            bytesField(1, scannedName(network)),
            varintField(2, network.channel ?? 1),
            varintField(3, network.rssi ?? -60),
            bytesField(4, Buffer.from(bssidOf(network).replaceAll(':', ''), 'hex')),
            varintField(5, authOf(network)),
          ]),
        ),
      );
    return answer(5, Buffer.concat(entries));
  }
}

const configAnswer = (type: number, payload: Buffer): Buffer =>
  Buffer.concat([varintField(1, type), bytesField(10 + type, payload)]);
const statusField = (status: number): Buffer => varintField(1, status);
