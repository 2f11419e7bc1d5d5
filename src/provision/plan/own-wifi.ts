// The network that a board has of its own, from its row in the list of values.
import { EspmintError } from '../../core/errors/index.js';
import type { BoardValues } from '../../core/values/rows.js';
import { checkWifi, type WifiCredentials } from '../../core/wifi.js';
import {
  checkProtocommNetwork,
  checkScript,
  checkSmartConfigNetwork,
  consoleValues,
} from '../../wifi/index.js';
import type { HandOver, ProvisionPlan } from './plan.js';
import type { Try } from '../parts.js';

/** What the way carries, before anything is sent. @throws INPUT_INVALID, WIFI_CONSOLE_SCRIPT_INVALID */
export function checkHandOver(how: HandOver, { ssid, password = '' }: WifiCredentials): void {
  switch (how.mode) {
    case 'console':
      if (how.script !== undefined) checkScript(how.script, consoleValues({ ssid, password }));
      break;
    case 'portal':
      checkProtocommNetwork(ssid, password);
      break;
    case 'smartconfig':
      checkSmartConfigNetwork(how, { ssid, password });
      break;
    case 'improv':
    case 'wps':
  }
}

/**
 * The same run, whose plan has the board's own network where the profile says so.
 * @throws WIFI_INVALID, INPUT_INVALID before anything is written to the board
 */
export function withOwnWifi(run: Try, own: BoardValues | undefined): Try {
  const { plan } = run;
  if (plan.ownWifi === undefined) return run;
  const wifi = networkOf(plan, own);
  if (wifi !== undefined && plan.handOver !== undefined) checkHandOver(plan.handOver, wifi);
  return { ...run, plan: { ...plan, wifi } };
}

/** The board's own network, or the one that all boards share. @throws WIFI_INVALID, VALUE_COLUMNS_DIFFER */
export function networkOf(
  { ownWifi, wifi: shared, values }: ProvisionPlan,
  own: BoardValues | undefined,
): WifiCredentials | undefined {
  if (ownWifi === undefined) return shared;
  const text = (column: string): string => {
    const value = own?.[column];
    if (value !== undefined) return value.text;
    throw new EspmintError('VALUE_COLUMNS_DIFFER', { list: values?.list ?? '' });
  };
  const ssid = text(ownWifi.ssid);
  const password = ownWifi.password === undefined ? '' : text(ownWifi.password);
  const wifi: WifiCredentials = password === '' ? { ssid } : { ssid, password };
  checkWifi(wifi, ownWifi.limits);
  return wifi;
}
