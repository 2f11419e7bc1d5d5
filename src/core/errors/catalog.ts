// The error table: every code that a user can meet, joined from one file a layer.
import { CONFLICT_ERRORS } from './catalog/conflict.js';
import { DRIVER_ERRORS } from './catalog/driver.js';
import type { ErrorEntry } from './entry.js';
import { INPUT_ERRORS } from './catalog/input.js';
import { NVS_ERRORS } from './catalog/nvs.js';
import { PROVISION_ERRORS } from './catalog/provision.js';
import { PUSH_ERRORS } from './catalog/push.js';
import { REGISTRY_ERRORS } from './catalog/registry.js';
import { SERVICE_ERRORS } from './catalog/service.js';
import { STATION_ERRORS } from './catalog/station.js';
import { VIRTUAL_ERRORS } from './catalog/virtual.js';
import { WIFI_ERRORS } from './catalog/wifi.js';

export type { ErrorEntry } from './entry.js';

export const CATALOG = {
  ...INPUT_ERRORS,
  ...NVS_ERRORS,
  ...DRIVER_ERRORS,
  ...REGISTRY_ERRORS,
  ...CONFLICT_ERRORS,
  ...PUSH_ERRORS,
  ...PROVISION_ERRORS,
  ...VIRTUAL_ERRORS,
  ...SERVICE_ERRORS,
  ...STATION_ERRORS,
  ...WIFI_ERRORS,
};

export type ErrorCode = keyof typeof CATALOG;
export type ErrorDetails<C extends ErrorCode> = (typeof CATALOG)[C] extends ErrorEntry<infer D> ? D : never;
