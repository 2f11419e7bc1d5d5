// The names that other layers use of the service.
export { People } from './access/people.js';
export type { VirtualBoard, VirtualFault } from './contract/index.js';
export { createLog } from './log.js';
export type { LogLevel } from './options.js';
export type { ServiceParts, VirtualBoards } from './parts.js';
export { ownPorts, SlotFile } from './ports/slot-file.js';
export { startService } from './start.js';
