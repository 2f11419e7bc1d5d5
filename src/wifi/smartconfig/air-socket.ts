// How SmartConfig reaches the air: UDP of this host, or the air of virtual boards.
import { createSocket, type Socket } from 'node:dgram';

export interface AirSocket {
  /** One packet of so many bytes to a port of an address. Rejects where the network refuses it. */
  send(bytes: Uint8Array, port: number, address: string): Promise<void>;
  onMessage(hear: (bytes: Uint8Array, from: string) => void): void;
  /** May be called again. */
  close(): void;
}

/**
 * @param port where acknowledgements come in
 * @param multicastFrom this host's address on the network, where packets go to multicast groups
 */
export type OpenAirSocket = (port: number, multicastFrom?: string) => Promise<AirSocket>;

export const openUdp: OpenAirSocket = async (port, multicastFrom) => {
  const socket = await bind(port);
  // Each send tells of its own failure.
  socket.on('error', () => undefined);
  if (multicastFrom !== undefined) socket.setMulticastInterface(multicastFrom);
  return {
    send: (bytes, to, address) =>
      new Promise((resolve, reject) => {
        socket.send(bytes, to, address, (error) => {
          if (error === null) resolve();
          else reject(error);
        });
      }),
    onMessage: (hear) => void socket.on('message', (bytes, { address }) => hear(bytes, address)),
    close: () => {
      try {
        socket.close();
      } catch {
        // Closed by its own error.
      }
    },
  };
};

function bind(port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, () => {
      socket.removeAllListeners('error');
      socket.setBroadcast(true);
      resolve(socket);
    });
  });
}
