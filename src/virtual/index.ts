// Public door of the virtual board.
export {
  createVirtualBoard,
  type BoardOptions,
  type HostEvents,
  type HostPort,
  type VirtualBoard,
} from './board.js';
export { mirrorToFile, readFlashFile } from './flash/file.js';
export { memoryTransport } from './link.js';
export { servePty } from './servers/pty.js';
export { serveRfc2217 } from './servers/rfc2217.js';
export type { BoardServer, LeavePolicy } from './servers/server.js';
export type { ListenAddress } from './servers/sockets.js';
export { serveTcp } from './servers/tcp.js';
export { INSTANT, REAL, type Timing } from './timing.js';
