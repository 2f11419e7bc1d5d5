// esptool-js, Espressif's loader client for browsers, as reference for the virtual chips: another reading of the protocol.
import { ESPLoader, Transport } from 'esptool-js';
import { afterEach, describe, expect, it } from 'vitest';
import { CHIP_NAMES, getChip, type ChipName } from '../../src/core/chips/index.js';
import { createVirtualBoard, type HostPort, type VirtualBoard } from '../../src/virtual/index.js';

const MAC = 'a4:cf:12:34:56:78';

/** As much of a Web Serial port as esptool-js uses, in front of a virtual board. */
class FakeSerialPort {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  private port: HostPort | undefined;
  private lines = { dtr: false, rts: false };

  constructor(private readonly board: VirtualBoard) {}

  open({ baudRate }: { baudRate: number }): Promise<void> {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    this.readable = new ReadableStream({ start: (own) => void (controller = own) });
    this.port = this.board.plugIn({
      bytes: (bytes) => controller?.enqueue(bytes),
      gone: (reason) => controller?.error(new Error(reason)),
    });
    this.port.setBaud(baudRate);
    const { port } = this;
    this.writable = new WritableStream({
      write: (bytes) => {
        port.write(bytes);
      },
    });
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.port?.unplug();
    this.readable = null;
    this.writable = null;
    return Promise.resolve();
  }

  setBaudRate(baud: number): Promise<void> {
    this.port?.setBaud(baud);
    return Promise.resolve();
  }

  setSignals(signals: { dataTerminalReady?: boolean; requestToSend?: boolean }): Promise<void> {
    this.lines = {
      dtr: signals.dataTerminalReady ?? this.lines.dtr,
      rts: signals.requestToSend ?? this.lines.rts,
    };
    this.port?.setLines(this.lines);
    return Promise.resolve();
  }

  getInfo(): { usbVendorId: number; usbProductId: number } {
    return { usbVendorId: 0x10c4, usbProductId: 0xea60 };
  }
}

let board: VirtualBoard;
afterEach(() => {
  board.dispose();
});

function loaderFor(chip: ChipName): ESPLoader {
  board = createVirtualBoard({ chip, mac: MAC });
  const transport = new Transport(new FakeSerialPort(board));
  const quiet = { clean: () => undefined, writeLine: () => undefined, write: () => undefined };
  return new ESPLoader({ transport, baudrate: 460_800, romBaudrate: 115_200, terminal: quiet });
}

describe('esptool-js', () => {
  it.each(CHIP_NAMES)(
    'resets a running %s into its loader, runs its stub at 460800 baud, writes and reads flash',
    async (chip) => {
      const loader = loaderFor(chip);
      try {
        await loader.main();
        expect(loader.chip.CHIP_NAME).toBe(getChip(chip).displayName);
        expect(loader.IS_STUB).toBe(true);
        const content = Uint8Array.from({ length: 0x2000 }, (_, n) => (n * 13) & 0xff);
        await loader.writeFlash({
          fileArray: [{ data: content, address: 0x9000 }],
          flashMode: 'keep',
          flashFreq: 'keep',
          flashSize: 'keep',
          eraseAll: false,
          compress: true,
        });
        expect(board.flash.read(0x9000, content.length)).toEqual(content);
        expect(await loader.readFlash(0x9000, 0x1000)).toEqual(content.slice(0, 0x1000));
      } finally {
        await loader.transport.disconnect();
      }
    },
  );
});
