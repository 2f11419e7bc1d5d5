// The air around virtual boards of this process: what a host sends, each of them hears, and those that join acknowledge.
import { bytesOfMac } from '../board-parts.js';
import type { VirtualBoard } from '../board.js';
import type { ReceivedNetwork } from '../firmware/wifi/esptouch-receiver.js';

/** What a host opens to send packets and hear acknowledgements; the shape of src/wifi's AirSocket. */
export interface NearAirSocket {
  send(bytes: Uint8Array, port: number, address: string): Promise<void>;
  onMessage(hear: (bytes: Uint8Array, from: string) => void): void;
  close(): void;
}

const REPLY_PORT = 7002;
const FIRST_ACK_MS = 20;
export const ACKNOWLEDGE_EVERY_MS = 100;
export const ACKNOWLEDGEMENTS = 30;

type Hearing = Pick<VirtualBoard, 'mac' | 'radio'>;

/** What a board says again and again once the packets that it heard, this one the last, have brought it online. */
export function acknowledgementOf(
  { mac, radio }: Hearing,
  length: number,
): { readonly network: ReceivedNetwork; readonly address: string; readonly packet: Uint8Array } | undefined {
  const heard = radio.hear(length);
  if (heard?.outcome.joined !== true) return undefined;
  const { network, outcome } = heard;
  const { protocol, token, portIndex = 0 } = network;
  const packet =
    protocol === 'v1'
      ? [token, ...bytesOfMac(mac), ...outcome.address.split('.').map(Number)]
      : [portIndex, ...bytesOfMac(mac)];
  return { network, address: outcome.address, packet: Uint8Array.from(packet) };
}

/** @param boards that are plugged in, whenever a packet goes out */
export function openVirtualAir(boards: () => Iterable<Hearing>): (port: number) => Promise<NearAirSocket> {
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

    function listen(board: Hearing, length: number): void {
      const heard = acknowledgementOf(board, length);
      if (heard === undefined) return;
      const { address, packet } = heard;
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
