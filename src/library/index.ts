// What `import … from 'espmint'` gives: all that a program needs to provision a board by itself. More of each part is
// under espmint/core, /driver, /registry, /virtual and /wifi; docs/reference/library.md describes every name.
//
//   const registry = await openRegistry({ dataDir });
//   const connect = async (port, options) => connectBoard(await openLink(port, options), options);
//   const result = await provisionDevice('/dev/ttyUSB0', plan, { connect, registry }, { onEvent: console.log });
export { EspmintError, isEspmintError } from '../core/errors/index.js';
export { parseProfile } from '../core/profile/parse.js';
export type { Profile } from '../core/profile/schema.js';
export type { ProvisionEvent, ProvisionResult } from '../core/stages.js';
export { deviceUuid } from '../core/uuid.js';
export { type Board, connectBoard, listPorts, openLink } from '../driver/index.js';
export { buildPlan, provisionDevice, type ProvisionPlan } from '../provision/index.js';
export { openKeyFile, openRegistry, type Registry } from '../registry/index.js';
