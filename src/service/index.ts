// Public door of the service.
export { People } from './access/people.js';
export { createApp, type AppOptions } from './app.js';
export { ROLES, type Role, type VirtualBoard } from './contract/index.js';
export { DEFAULT_HOST, DEFAULT_PORT, type ServiceOptions, type TlsFiles } from './options.js';
export type { ServiceParts, VirtualBoards } from './parts.js';
export { httpApiPage } from './reference.js';
export { startService, type RunningService, type StartOptions } from './start.js';
