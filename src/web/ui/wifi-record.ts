// What an attempt tells of its board's Wi-Fi, as lines of text: mode, network, address, the proof, and what it leaves open.
import type { Job } from '../../service/contract/index.js';
import { sentence } from '../format/format.js';
import { t } from '../i18n/translate.js';

export function wifiLines({
  mode,
  result,
  ssid,
  proof,
  address,
  reason,
}: NonNullable<Job['wifi']>): readonly string[] {
  const what = [t(`option.wifi.mode.${mode}`), ssid].filter(Boolean).join(' · ');
  const how = [
    t(`wifi.record.${result}`),
    ...(proof === undefined ? [] : [t(`wifi.proof.${proof}`)]),
    ...(address === undefined ? [] : [address]),
  ].join(' · ');
  return [what, how, ...(reason === undefined ? [] : [sentence(reason)]), t(`wifi.unknown.${result}`)];
}
