// The names that other layers use of the service.
export { People } from './access/people.js';
export { ROLES, type Role, type VirtualBoard, type VirtualFault } from './contract/index.js';
export { createLog, LOG_LEVELS, type LogLevel } from './log.js';
export { DEFAULT_HOST, DEFAULT_PORT, type TlsFiles } from './options.js';
export type { ServiceParts, VirtualBoards } from './parts.js';
export { SlotFile } from './ports/slot-file.js';
export { startService } from './start.js';
