// What comes to a virtual board otherwise than over its cable: requests to its access point, packets, a pressed button.
import { Air, joinLog, type JoinAttempt, type JoinOutcome, type VirtualWifi } from './air.js';
import type { ConsoleMemory } from './console-device.js';
import type { EsptouchReceiver } from './esptouch-receiver.js';
import { type ReceivedNetwork } from './esptouch-receiver.js';
import type { ProtocommDevice } from './protocomm-device.js';

/** Belongs to a board, not to one life of its chip: what firmware keeps in flash stays over restarts. */
export class Radio {
  readonly air: Air;
  readonly consoleMemory: ConsoleMemory = {};
  /** Set by firmware that waits for unified provisioning. */
  portal: ProtocommDevice | undefined;
  /** Set by firmware in SmartConfig mode. */
  receiver: EsptouchReceiver | undefined;
  /** Set by firmware in WPS mode: its PIN, or `button`. */
  wps: string | undefined;
  private readonly events: string[][] = [];
  private interrupt: (() => void) | undefined;

  constructor(settings: VirtualWifi, mac: Uint8Array) {
    this.air = new Air(settings, mac);
  }

  /** A restart: the firmware says anew what it waits for. */
  reset(interrupt: () => void): void {
    this.portal = this.receiver = this.wps = undefined;
    this.events.length = 0;
    this.interrupt = interrupt;
  }

  /** Lines that the firmware is to print, in the order in which they came up. */
  takeLines(): string[] {
    return this.events.splice(0).flat();
  }

  /** The portal's answer; what it logged goes to the console. */
  request(endpoint: string, sessionId: number, body: Uint8Array): Uint8Array | undefined {
    const { portal } = this;
    if (portal === undefined) return undefined;
    const answer = portal.handle(endpoint, sessionId, body);
    this.print(portal.log.splice(0));
    return answer;
  }

  /** One packet on the air. @returns the network when it was received whole, and how joining it went */
  hear(length: number): { readonly network: ReceivedNetwork; readonly outcome: JoinOutcome } | undefined {
    if (this.air.fault === 'silent') return undefined;
    const network = this.receiver?.hear(length);
    if (network === undefined) return undefined;
    this.receiver = undefined;
    const outcome = this.join(network, ['I (900) smartconfig: Got SSID and password']);
    return { network, outcome };
  }

  /** The access point's button, or its PIN entry. @returns false where this board does not wait for that */
  pressWps(pin: string | undefined, network: JoinAttempt): boolean {
    const { wps } = this;
    if (wps === undefined || (pin ?? 'button') !== wps) {
      if (wps !== undefined) this.print(['I (61000) wps: WIFI_EVENT_STA_WPS_ER_FAILED']);
      return false;
    }
    this.wps = undefined;
    this.join(network, ['I (61000) wps: WIFI_EVENT_STA_WPS_ER_SUCCESS']);
    return true;
  }

  private join(attempt: JoinAttempt, before: readonly string[]): JoinOutcome {
    const outcome = this.air.join(attempt);
    this.print([...before, ...joinLog(attempt, outcome)]);
    return outcome;
  }

  private print(lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.events.push([...lines]);
    this.interrupt?.();
  }
}
