// The air around virtual boards of this process: what a host sends, each of them hears, and those that join acknowledge.
import type { VirtualBoard } from '../board.js';

/** What a host opens to send packets and hear acknowledgements; the shape of src/wifi's AirSocket. */
export interface NearAirSocket {
  send(bytes: Uint8Array, port: number, address: string): Promise<void>;
  onMessage(hear: (bytes: Uint8Array, from: string) => void): void;
  close(): void;
}

const REPLY_PORT = 7002;
const FIRST_ACK_MS = 20;
const ACKNOWLEDGE_EVERY_MS = 100;
const ACKNOWLEDGEMENTS = 30;

/** @param boards that are plugged in, whenever a packet goes out */
export function openVirtualAir(
  boards: () => Iterable<Pick<VirtualBoard, 'mac' | 'radio'>>,
): (port: number) => Promise<NearAirSocket> {
  return () => {
    let hear: (bytes: Uint8Array, from: string) => void = () => undefined;
    /** By the address of the board that repeats its acknowledgement. */
    const talking = new Map<string, NodeJS.Timeout>();
    const quiet = (address: string): void => {
      clearInterval(talking.get(address));
      talking.delete(address);
    };
    return Promise.resolve({
      send: (bytes, port, address) => {
        if (port === REPLY_PORT) quiet(address);
        else for (const board of boards()) listen(board, bytes.length);
        // Others have their turn between two packets, however fast they follow.
        return new Promise((resolve) => setImmediate(resolve));
      },
      onMessage: (listener) => void (hear = listener),
      close: () => {
        for (const address of [...talking.keys()]) quiet(address);
      },
    });

    function listen({ mac, radio }: Pick<VirtualBoard, 'mac' | 'radio'>, length: number): void {
      const heard = radio.hear(length);
      if (heard?.outcome.joined !== true) return;
      const { address } = heard.outcome;
      const { protocol, token, portIndex = 0 } = heard.network;
      const own = mac.split(':').map((part) => Number.parseInt(part, 16));
      const packet = Uint8Array.from(
        protocol === 'v1' ? [token, ...own, ...address.split('.').map(Number)] : [portIndex, ...own],
      );
      let left = ACKNOWLEDGEMENTS;
      const say = (): void => {
        hear(packet, address);
        if (--left === 0) quiet(address);
        else if (left === ACKNOWLEDGEMENTS - 1) talking.set(address, setInterval(say, ACKNOWLEDGE_EVERY_MS));
      };
      talking.set(address, setTimeout(say, FIRST_ACK_MS));
    }
  };
}
