// The library: provision a board from your own program. Layers of their own: espmint/core, /driver, /registry, /virtual, /wifi.
//
//   const registry = await openRegistry({ dataDir });
//   const connect = async (port, options) => connectBoard(await openLink(port, options), options);
//   const result = await provisionDevice('/dev/ttyUSB0', plan, { connect, registry }, { onEvent: console.log });
export * from './core/index.js';
export { connectBoard, listPorts, openLink, type Board } from './driver/index.js';
export * from './provision/index.js';
export * from './station/index.js';
export { defaultDataDir, openKeyFile, openRegistry, type Registry } from './registry/index.js';
