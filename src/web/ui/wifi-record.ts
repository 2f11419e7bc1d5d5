// What an attempt tells of its board's Wi-Fi, as lines of text: mode, network, address, the proof, and what it leaves open.
import type { Job } from '../../service/contract/index.js';
import { sentence } from '../format/format.js';
import { currentLanguage, t, whyText } from '../i18n/translate.js';

export function wifiLines({
  mode,
  result,
  ssid,
  proof,
  address,
  reason,
  why,
}: NonNullable<Job['wifi']>): readonly string[] {
  const what = [t(`option.wifi.mode.${mode}`), ssid].filter(Boolean).join(' · ');
  const how = [
    t(`wifi.record.${result}`),
    ...(proof === undefined ? [] : [t(`wifi.proof.${proof}`)]),
    ...(address === undefined ? [] : [address]),
  ].join(' · ');
  // Beside it stands the failure, with the service's own words.
  const because = currentLanguage() === 'en' ? sentence(reason ?? '') : whyText({ why });
  return [what, how, ...(because === '' ? [] : [because]), t(`wifi.unknown.${result}`)];
}
