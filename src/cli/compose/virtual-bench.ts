// Virtual boards for the service: added, pulled and exchanged at will, each behind an address in this process.
import { CHIP_NAMES, findChip, type ChipName } from '../../core/chips/index.js';
import { EspmintError, invalidInput } from '../../core/errors/index.js';
import { macDigits, parseMac } from '../../core/mac.js';
import type { Transport } from '../../driver/index.js';
import type { VirtualBoard as BoardInfo, VirtualBoards, VirtualFault } from '../../service/index.js';
import {
  createVirtualBoard,
  memoryTransport,
  openVirtualAir,
  servePortal,
  REAL,
  type ApplicationName,
  type HostEvents,
  type HostPort,
  type Pluggable,
  type Timing,
  type VirtualBoard,
} from '../../virtual/index.js';
import { SharedAir } from '../../wifi/index.js';
import { FAULTS, isFaultName } from '../arguments/virtual-faults.js';

/** What the service and the driver need of it. */
export interface VirtualBench extends VirtualBoards {
  readonly transport: Transport;
  /** Of its boards; undefined for other ports. */
  airOf(port: string): SharedAir | undefined;
  close(): void;
}

interface Place {
  readonly chip: ChipName;
  readonly application: ApplicationName | undefined;
  board: VirtualBoard;
  plugged: boolean;
  /** Ends the link that is open now. */
  cut: (() => void) | undefined;
  /** Of firmware that has one. */
  portal: Portal | undefined;
  /** Of the board that is there now. */
  fault: VirtualFault | undefined;
}

interface Portal {
  url: string | undefined;
  close(): void;
}

/** The access point that all virtual boards see. */
const NETWORK = {
  interfaceName: 'virtual',
  address: '192.168.77.2',
  broadcast: '192.168.77.255',
  bssid: '02:4c:61:62:4c:61',
};

const SCHEME = 'virtual://';
const FIRST_MAC = 'a4:cf:12:34:56:78';

/** @param timing of its boards; what is shown to people should take its time. */
export function createVirtualBench(timing: Timing = REAL): VirtualBench {
  return new Bench(timing);
}

class Bench implements VirtualBench {
  readonly transport: Transport;
  readonly #places = new Map<string, Place>();
  /** Boards that a host can open now. */
  readonly #reachable = new Map<string, Pluggable>();
  readonly #timing: Timing;
  readonly #air = new SharedAir({
    open: openVirtualAir(() =>
      [...this.#places.values()].flatMap(({ plugged, board }) => (plugged ? [board] : [])),
    ),
    network: () => Promise.resolve(NETWORK),
  });
  #made = 0n;

  constructor(timing: Timing) {
    this.#timing = timing;
    this.transport = memoryTransport(this.#reachable);
  }

  list(): BoardInfo[] {
    return [...this.#places].map(([name, place]) => describe(name, place));
  }

  add({ count, chip, fault, firmware }: Parameters<VirtualBoards['add']>[0]): BoardInfo[] {
    const kind = parseChip(chip);
    const scenario = parseFault(fault);
    return Array.from({ length: count }, () => {
      const name = this.#freeName();
      const application = firmware === undefined ? undefined : (`wifi-${firmware}` as const);
      const board = this.#make(kind, application);
      if (scenario !== undefined) board.arm(FAULTS[scenario]);
      const place: Place = {
        chip: kind,
        application,
        board,
        plugged: true,
        cut: undefined,
        portal: undefined,
        fault: scenario,
      };
      this.#openPortal(place);
      this.#places.set(name, place);
      this.#connect(name, place);
      return describe(name, place);
    });
  }

  remove(ports?: readonly string[]): void {
    for (const [name, place] of [...this.#places]) {
      if (ports !== undefined && !ports.includes(SCHEME + name)) continue;
      this.#unplug(name, place);
      place.portal?.close();
      place.board.dispose();
      this.#places.delete(name);
    }
  }

  plug(port: string, plugged: boolean, fresh: boolean): BoardInfo {
    const name = port.slice(SCHEME.length);
    const place = this.#places.get(name);
    if (place === undefined) throw new EspmintError('PORT_UNKNOWN', { port });
    if (!plugged || fresh) this.#unplug(name, place);
    if (fresh) {
      place.board.dispose();
      place.board = this.#make(place.chip, place.application);
      place.fault = undefined;
      place.portal?.close();
      this.#openPortal(place);
    }
    if (plugged && !place.plugged) this.#connect(name, place);
    return describe(name, place);
  }

  airOf(port: string): SharedAir | undefined {
    return port.startsWith(SCHEME) ? this.#air : undefined;
  }

  pressWps(port: string): boolean {
    const place = this.#places.get(port.slice(SCHEME.length));
    if (place === undefined) throw new EspmintError('PORT_UNKNOWN', { port });
    const { radio } = place.board;
    const { ssid = '', password = '' } = radio.air.networks[0] ?? {};
    return radio.pressWps(undefined, { ssid, password });
  }

  close(): void {
    this.remove();
  }

  /** As its own access point would serve it, on an address of this computer. */
  #openPortal(place: Place): void {
    if (place.application !== 'wifi-protocomm') return;
    const opening = servePortal(place.board, { host: '127.0.0.1', port: 0 }).catch(() => undefined);
    const portal: Portal = {
      url: undefined,
      close: () => void opening.then((server) => server?.close()),
    };
    place.portal = portal;
    void opening.then((server) => (portal.url = server?.url));
  }

  #connect(name: string, place: Place): void {
    place.plugged = true;
    this.#reachable.set(
      name,
      pullable(place, () => {
        if (place.fault === 'unplugged while writing') this.#unplug(name, place);
      }),
    );
  }

  #unplug(name: string, place: Place): void {
    place.plugged = false;
    this.#reachable.delete(name);
    place.cut?.();
  }

  #make(chip: ChipName, application: ApplicationName | undefined): VirtualBoard {
    const number = BigInt(`0x${macDigits(parseMac(FIRST_MAC))}`) + this.#made++;
    const mac = parseMac(number.toString(16).padStart(12, '0'));
    return createVirtualBoard({
      chip,
      mac,
      timing: this.#timing,
      ...(application === undefined ? {} : { application }),
    });
  }

  #freeName(): string {
    let number = 1;
    while (this.#places.has(String(number))) number += 1;
    return String(number);
  }
}

/** The board of a place with a cable that can be pulled while a host uses it. */
function pullable(place: Place, onGone: () => void): Pluggable {
  const { board } = place;
  return {
    get isFree() {
      return board.isFree;
    },
    plugIn: (events) =>
      plugIn(place, {
        ...events,
        gone: (reason) => {
          events.gone(reason);
          onGone();
        },
      }),
  };
}

function plugIn(place: Place, events: HostEvents): HostPort {
  const port = place.board.plugIn(events);
  place.cut = () => {
    place.cut = undefined;
    port.unplug();
    events.gone('the cable was pulled');
  };
  return port;
}

function describe(name: string, { chip, board, plugged, portal }: Place): BoardInfo {
  const url = portal?.url;
  return {
    port: SCHEME + name,
    chip,
    mac: board.mac,
    plugged,
    ...(url === undefined ? {} : { portal: url }),
  };
}

function parseChip(text = 'esp32'): ChipName {
  const chip = findChip(text);
  if (chip !== undefined) return chip.name;
  const hint = `choose from ${CHIP_NAMES.join(', ')}`;
  throw invalidInput('The chip', `"${text}" is not known`, hint);
}

function parseFault(text: string | undefined): VirtualFault | undefined {
  if (text === undefined || isFaultName(text)) return text;
  const hint = `choose from ${Object.keys(FAULTS).join(', ')}`;
  throw invalidInput('The fault', `"${text}" is not known`, hint);
}
