// Virtual boards in this process, and what the check reads from their flash: espmint has no part in that reading.
import { createVirtualBoard, serveRfc2217, type VirtualBoard } from '../../../src/virtual/index.js';
import { readNvs } from '../../../src/virtual/firmware/nvs-reader.js';

/** The NVS partition of the virtual boards' usual partition table. */
const NVS = { offsetBytes: 0x9000, sizeBytes: 0x10000 };
const FLASH_BYTES = 0x10_0000;

export interface SoakBoard {
  readonly mac: string;
  readonly url: string;
  /** Of the whole flash. */
  content(): Uint8Array;
  /** The key in its NVS partition as firmware would find it; undefined when there is none. */
  key(): string | undefined;
  close(): Promise<void>;
}

/** @param index makes its MAC */
export async function plugInBoard(index: number): Promise<SoakBoard> {
  const mac = `a4:cf:12:35:${hex(index >> 8)}:${hex(index & 0xff)}`;
  const virtual = createVirtualBoard({ mac, flashSizeBytes: FLASH_BYTES });
  const server = await serveRfc2217(virtual, { host: '127.0.0.1', port: 0 });
  return {
    mac,
    url: server.url,
    content: () => virtual.flash.read(0, FLASH_BYTES),
    key: () => keyIn(virtual),
    close: async () => {
      await server.close();
      virtual.dispose();
    },
  };
}

function keyIn({ flash }: VirtualBoard): string | undefined {
  return readNvs(flash.read(NVS.offsetBytes, NVS.sizeBytes)).find(({ key }) => key === 'psk_secret')?.value;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
