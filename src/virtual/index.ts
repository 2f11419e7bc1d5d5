// Public door of the virtual board.
export {
  createVirtualBoard,
  type BoardBehaviour,
  type HostEvents,
  type HostPort,
  type VirtualBoard,
} from './board.js';
export type { BoardOptions } from './board-parts.js';
export { CALM_CLOCK } from './clock.js';
export { randomFrom, randomScenario, type Random } from './faults/random.js';
export { parseScenario, type AnsweredCommand, type Fault, type Scenario } from './faults/scenario.js';
export { APPLICATIONS, type ApplicationName } from './firmware/application.js';
export { mirrorToFile, readFlashFile } from './flash/file.js';
export { floorOf, type Change, type Floor, type FloorRegion } from './ledger/floor.js';
export type { LedgerReport } from './ledger/ledger.js';
export { memoryTransport, type Pluggable } from './link.js';
export { servePty } from './servers/pty.js';
export { serveRfc2217 } from './servers/rfc2217.js';
export type { BoardServer, LeavePolicy } from './servers/server.js';
export type { ListenAddress } from './servers/sockets.js';
export { serveTcp } from './servers/tcp.js';
export { INSTANT, REAL, type Timing } from './timing.js';
export { startVirtualPrinter, type VirtualPrinter } from './label-printer.js';
export {
  DEFAULT_NETWORKS,
  WIFI_FAULTS,
  type VirtualNetwork,
  type VirtualWifi,
  type WifiFault,
} from './firmware/wifi/air.js';
export { EsptouchReceiver, type ReceivedNetwork } from './firmware/wifi/esptouch-receiver.js';
export { serveAir, servePortal } from './servers/wifi.js';
