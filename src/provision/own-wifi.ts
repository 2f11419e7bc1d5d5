// The network that a board has of its own, from its row in the list of values.
import { EspmintError } from '../core/errors/index.js';
import type { BoardValues } from '../core/values/rows.js';
import { checkWifi, type WifiCredentials } from '../core/wifi.js';
import { checkProtocommNetwork, checkScript, consoleValues } from '../wifi/index.js';
import type { HandOver, ProvisionPlan } from './plan.js';
import type { Try } from './try.js';

/** What the way carries, before anything is sent. @throws INPUT_INVALID, WIFI_CONSOLE_SCRIPT_INVALID */
export function checkHandOver({ mode, script }: HandOver, { ssid, password = '' }: WifiCredentials): void {
  if (script !== undefined) checkScript(script, consoleValues({ ssid, password }));
  if (mode === 'portal') checkProtocommNetwork(ssid, password);
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
