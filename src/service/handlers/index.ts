// All handlers of the contract.
import type { ServiceCore } from '../core.js';
import type { Handlers } from '../http/operations.js';
import { batchHandlers } from './batches.js';
import { caHandlers } from './ca.js';
import { conflictHandlers } from './conflicts.js';
import { deviceHandlers } from './devices.js';
import { firmwareHandlers } from './firmware.js';
import { jobHandlers } from './jobs.js';
import { listHandlers } from './lists.js';
import { portHandlers } from './ports.js';
import { printerHandlers } from './printers.js';
import { profileHandlers } from './profiles.js';
import { pushHandlers } from './push.js';
import { sessionHandlers } from './session.js';
import { stationHandlers } from './station.js';
import { statsHandlers } from './stats.js';
import { systemHandlers } from './system.js';
import { valueHandlers } from './values.js';
import { wifiAirHandlers } from './wifi-air.js';
import { wifiHandlers } from './wifi.js';

export function createHandlers(core: ServiceCore, sessionCookie: string): Handlers {
  return {
    ...systemHandlers(core, sessionCookie),
    ...sessionHandlers(core),
    ...portHandlers(core),
    ...jobHandlers(core),
    ...profileHandlers(core),
    ...firmwareHandlers(core),
    ...valueHandlers(core),
    ...caHandlers(),
    ...deviceHandlers(core),
    ...conflictHandlers(core),
    ...listHandlers(core),
    ...stationHandlers(core),
    ...pushHandlers(core),
    ...batchHandlers(core),
    ...statsHandlers(core),
    ...printerHandlers(core),
    ...wifiAirHandlers(core),
    ...wifiHandlers(core),
  };
}
