// Public door of the core: values and bytes, no I/O.
export * from './errors/index.js';
export * from './stages.js';
