// A virtual ESP32 family chip: reset and boot mode, the program that runs, and its UART.
import type { Clock } from './clock.js';
import { Cpu } from './cpu.js';
import { startApplication, type ApplicationName } from './firmware/application.js';
import { romBootText, type ResetCause } from './firmware/boot-text.js';
import type { Radio } from './firmware/wifi/radio.js';
import { RomLoader } from './firmware/rom.js';
import { Machine, type MachineParts } from './machine.js';
import type { BootMode } from './reset-circuit.js';
import { busy, send, type Firmware, type Next, type TimeSpentOn } from './steps.js';
import { baudsAgree, garble } from './uart.js';

/** Rate of the ROM's log, and of the loader until the host's first bytes tell another. */
const ROM_BAUD = 115_200;

/** Between two starts of a chip whose supply is not steady. */
const RESTART_MS = 150;

/** What the chip's pins are connected to. */
export interface ChipPins {
  readonly clock: Clock;
  /** Bytes leave at `baud`, not before the moment `from`. */
  transmit(bytes: Uint8Array, baud: number, from: number): void;
  transmitterIdleAt(): number;
  spent(ms: number, on: TimeSpentOn): void;
  /** The loader took up a frame. */
  request(): void;
  /** The chip starts. Gives how often it will start over before its program runs. */
  booted(): number;
  /** The supply broke down while cells were changing. */
  powerLost(): void;
}

/** What the chip is at the moment of a reset. */
export interface ChipParts extends MachineParts {
  readonly application: ApplicationName;
  readonly radio: Radio;
}

export class VirtualChip {
  /** Bits per second of the UART. */
  private baud = ROM_BAUD;
  /** The ROM measures the host's rate from the first bytes after a reset into its loader. */
  private measuresBaud = false;
  private strap: BootMode = 'application';
  private readonly cpu: Cpu;

  constructor(
    private readonly parts: () => ChipParts,
    private readonly pins: ChipPins,
  ) {
    this.cpu = new Cpu({
      clock: pins.clock,
      transmit: (bytes, from) => pins.transmit(bytes, this.baud, from),
      transmitterIdleAt: () => pins.transmitterIdleAt(),
      setBaud: (baud) => (this.baud = baud),
      request: () => pins.request(),
      spent: (ms, on) => pins.spent(ms, on),
      ended: (next) => this.takeOver(next),
      powerLost: () => pins.powerLost(),
    });
  }

  /** False in reset, without power, or after its program halted. */
  get isRunning(): boolean {
    return this.cpu.isRunning;
  }

  /** The rate its UART runs at, bits per second. */
  get uartBaud(): number {
    return this.baud;
  }

  /** EN low, or no supply. */
  hold(): void {
    this.cpu.stop();
  }

  /** EN rises: the chip starts in that mode. @param quiet leaves the ROM's log out. */
  boot(mode: BootMode, quiet = false): void {
    this.strap = mode;
    this.start(mode, quiet ? 'unheard' : 'power');
  }

  private start(mode: BootMode, cause: ResetCause | 'unheard'): void {
    this.baud = ROM_BAUD;
    this.measuresBaud = mode === 'download';
    const parts = this.parts();
    const machine = new Machine(parts);
    const program = mode === 'download' ? new RomLoader(machine) : this.startApplication(parts, machine);
    const text = cause === 'unheard' ? '' : romBootText(parts.spec.name, mode, cause);
    this.cpu.start(afterText(text, this.pins.booted(), program), parts.timing.bootMs);
  }

  /** Bytes on the RX pin. @param lineBaud the sender's rate; undefined where the link does not tell it. */
  receive(bytes: Uint8Array, lineBaud: number | undefined): void {
    if (lineBaud !== undefined && this.measuresBaud) this.baud = lineBaud;
    this.measuresBaud = false;
    const isClean = lineBaud === undefined || baudsAgree(lineBaud, this.baud);
    this.cpu.receive(isClean ? bytes : garble(bytes, lineBaud, this.baud));
  }

  /** The ROM leaves its loader and loads what is in flash: no reset, so no log of one. */
  private run(): void {
    const parts = this.parts();
    this.baud = ROM_BAUD;
    this.cpu.start(this.startApplication(parts, new Machine(parts)), 0);
  }

  /** News by radio wakes the program as an interrupt would: with an empty frame, which no cable brings. */
  private startApplication({ application, radio }: ChipParts, machine: Machine): Firmware {
    radio.reset(() => this.cpu.interrupt());
    return startApplication(application, machine, radio);
  }

  private takeOver(next: Next): void {
    if (next === 'halt') return;
    if (next === 'reset') this.start(this.strap, 'software');
    else if (next === 'run') this.run();
    else this.cpu.start(next, 0);
  }
}

/** The ROM's log, as often as the chip starts over, and then the program. */
function afterText(text: string, extraBoots: number, program: Firmware): Firmware {
  return {
    ...(program.decoder === undefined ? {} : { decoder: program.decoder }),
    frameBuffers: program.frameBuffers,
    *run() {
      for (let boot = 0; boot < extraBoots; boot += 1) {
        yield send(new TextEncoder().encode(text));
        yield busy(RESTART_MS, 'boot');
      }
      yield send(new TextEncoder().encode(text));
      return yield* program.run();
    },
  };
}
