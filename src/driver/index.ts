// The names that other layers use of the driver: open a link, connect the board behind it, list the ports there are.
export { BOARD_TIMEOUT_MS, withBoardDeadline, type BoardDeadline } from './board-deadline.js';
export { ProcessBaudMemory, type BaudMemory } from './connect/baud-memory.js';
export type { Board, OperationOptions, VerifyOptions } from './board-contract.js';
export { connectBoard, type ConnectOptions } from './board.js';
export type { BootRules } from './boot/boot-log.js';
export { BUILT_IN_SUCCESS, type BuiltInSuccess } from './boot/boot-signs.js';
export { connectWithEsptool, type EsptoolOptions, type FolderLender } from './esptool-cli/esptool-board.js';
export { runCommand } from './esptool-cli/run.js';
export { ProcessDigestMemory, type DigestMemory } from './write/digest-memory.js';
export type { DriverEvent, OnDriverEvent } from './events.js';
export type { Region } from './write/md5.js';
export { openLink, prepareLink, START_BAUD, type OpenOptions } from './link/open-link.js';
export { isSamePort } from './ports/port-name.js';
export { portFilter, type PortChoice } from './ports/port-filter.js';
export {
  PortTracker,
  PortWatch,
  watchPorts,
  type PortChange,
  type WatchOptions,
} from './ports/port-watcher.js';
export { NetworkPorts } from './ports/ports-network.js';
export { listPorts, portLabel, type PortInfo } from './ports/ports.js';
export type { ImageAt } from './write/region.js';
export type { WriteOptions, WriteReport } from './write/region-writer.js';
export {
  selfTest,
  type RateFinding,
  type ResetFinding,
  type SelfTestOptions,
  type SelfTestReport,
} from './self-test.js';
export type { SecurityState } from './connect/security.js';
export { PortTrace } from './trace/port-trace.js';
export { TracedLink } from './trace/traced-link.js';
export type { Link, ModemLines, Transport, Wait } from './link/transport.js';
export { watchBoot, type BootReport, type BootWatchOptions } from './boot/watch-boot.js';
