// Public door of the virtual board.
export {
  createVirtualBoard,
  type BoardOptions,
  type HostEvents,
  type HostPort,
  type VirtualBoard,
} from './board.js';
export { memoryTransport } from './link.js';
export { INSTANT, REAL, type Timing } from './timing.js';
