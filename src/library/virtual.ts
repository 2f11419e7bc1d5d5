// What `import … from 'espmint/virtual'` gives: an ESP32 without the board, for the tests of your own program.
export {
  createVirtualBoard,
  INSTANT,
  memoryTransport,
  mirrorToFile,
  parseScenario,
  readFlashFile,
  REAL,
  servePty,
  serveRfc2217,
  serveTcp,
  type BoardOptions,
  type Scenario,
  type Timing,
  type VirtualBoard,
} from '../virtual/index.js';
