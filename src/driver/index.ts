// Public door of the driver: open a link, connect the board behind it, list the ports there are.
export { connectBoard, type Board, type ConnectOptions, type OperationOptions } from './board.js';
export type { DriverEvent, OnDriverEvent } from './events.js';
export type { Region } from './md5.js';
export { openLink, START_BAUD, type OpenOptions } from './open-link.js';
export { listPorts, portLabel, type PortInfo } from './ports.js';
export type { ImageAt, WriteOptions, WriteReport } from './region-writer.js';
export type { SecurityState } from './security.js';
export type { Link, ModemLines, Transport, Wait } from './transport.js';
