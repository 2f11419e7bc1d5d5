// The air around a virtual board as sockets of this machine: its portal over HTTP, packets over UDP, and the access
// point's WPS commands.
import { createSocket } from 'node:dgram';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { randomInt } from 'node:crypto';
import type { VirtualBoard } from '../board.js';
import { type BoardServer, type ListenAddress, listenFailed, listening } from './server.js';
import { ACKNOWLEDGE_EVERY_MS, acknowledgementOf, ACKNOWLEDGEMENTS } from './near-air.js';

const MOST_BODY_BYTES = 4096;
/** A device with little memory: it speaks to one client at a time. */
const MOST_SOCKETS = 1;

/**
 * `POST /<endpoint>` of unified provisioning, as the device's own access point would serve it. A handler that fails
 * closes the connection without an answer; a new client without a cookie gets a new session.
 * Beside it, for tests: `POST /wps_pbc` and `POST /wps_pin/<pin>`, what an access point's button does, with the name of
 * the network in the body. @throws VIRTUAL_LISTEN_FAILED
 */
export function servePortal(board: VirtualBoard, address: ListenAddress): Promise<BoardServer> {
  let nextSession = randomInt(1, 0x7fff_ffff);
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    void readBody(request).then(
      (body) => answer(board, request, response, body, () => nextSession++),
      () => request.destroy(),
    );
  });
  server.on('connection', (socket) => {
    // The least recent connection makes room for a new one.
    if (sockets.size >= MOST_SOCKETS) for (const old of sockets) old.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  return listening(server, 'http', address, sockets);
}

function answer(
  board: VirtualBoard,
  request: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array,
  newSession: () => number,
): void {
  const [, endpoint = '', argument] = (request.url ?? '').split('/');
  if (endpoint === 'wps_pbc' || endpoint === 'wps_pin') {
    pressWps(board, response, endpoint === 'wps_pin' ? argument : undefined, Buffer.from(body).toString());
    return;
  }
  const known = /(?:^|;\s*)session=(\d+)/.exec(request.headers.cookie ?? '')?.[1];
  const session = known === undefined ? newSession() : Number(known);
  const sent = board.radio.request(endpoint, session, body);
  if (sent === undefined) {
    request.socket.destroy();
    return;
  }
  if (known === undefined) response.setHeader('Set-Cookie', `session=${session}`);
  response.end(sent);
}

function pressWps(
  board: VirtualBoard,
  response: ServerResponse,
  pin: string | undefined,
  ssid: string,
): void {
  const [first] = board.radio.air.networks;
  const network = board.radio.air.networks.find((one) => one.ssid === ssid) ?? first;
  const attempt = { ssid: network?.ssid ?? '', password: network?.password ?? '' };
  response.end(board.radio.pressWps(pin, attempt) ? 'OK\n' : 'FAIL\n');
}

/**
 * Hears packets as a board in SmartConfig mode would, and acknowledges as it would once it has joined.
 * @throws VIRTUAL_LISTEN_FAILED
 */
export function serveAir(
  board: VirtualBoard,
  address: ListenAddress,
  ports: { readonly v1: number; readonly v2: readonly number[] } = {
    v1: 18_266,
    v2: [18_266, 28_266, 38_266, 48_266],
  },
): Promise<BoardServer> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  const timers = new Set<NodeJS.Timeout>();
  socket.on('message', (bytes, from) => {
    const heard = acknowledgementOf(board, bytes.length);
    if (heard === undefined) return;
    const { protocol, portIndex = 0, senderAddress = from.address } = heard.network;
    const port = protocol === 'v1' ? ports.v1 : (ports.v2[portIndex] ?? 0);
    let left = ACKNOWLEDGEMENTS;
    const timer = setInterval(() => {
      socket.send(heard.packet, port, senderAddress, () => undefined);
      if (--left > 0) return;
      clearInterval(timer);
      timers.delete(timer);
    }, ACKNOWLEDGE_EVERY_MS);
    timers.add(timer);
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => reject(listenFailed(`udp://${address.host}:${address.port}`, error)));
    socket.bind(address.port, address.host, () => {
      resolve({
        url: `udp://${address.host}:${socket.address().port}`,
        close: () => {
          for (const timer of timers) clearInterval(timer);
          return new Promise((done) => socket.close(() => done()));
        },
      });
    });
  });
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > MOST_BODY_BYTES) throw new Error('too long');
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}
