// The last way onto Wi-Fi: the credentials into the board's NVS, beside all that stands there, and proven.
import { EspmintError, isEspmintError, type OnWarning } from '../../core/errors/index.js';
import { mergeNvs, type NvsRow } from '../../core/nvs/index.js';
import { checkWifi } from '../../core/wifi.js';
import { net80211Rows } from '../../core/wifi-rows.js';
import type { ProvisionParts } from '../parts.js';
import { chooseRegion } from '../flash/region.js';
import { requireFree } from '../flash/region-content.js';
import { joinRules, type Credentials, type Joined } from '../../wifi/index.js';

export type StaticTarget = 'zc' | 'net80211' | 'both';

export interface WriteNvsOptions {
  readonly connect: ProvisionParts['connect'];
  readonly signal?: AbortSignal | undefined;
  readonly target: StaticTarget;
  readonly namespace: string;
  readonly joinTimeoutMs: number;
  readonly onStep: (text: string) => void;
  readonly onWarning: OnWarning;
}

const BAUD = 921_600;

/** @throws WIFI_INVALID, NVS_*, FLASH_*, WIFI_JOIN_FAILED, WIFI_JOIN_UNPROVEN, ... */
export async function writeWifiToNvs(
  port: string,
  credentials: Credentials,
  options: WriteNvsOptions,
): Promise<Joined> {
  const { target, namespace, connect, signal, onStep, onWarning } = options;
  const rows = staticRows(credentials, target, namespace);
  const board = await connect(port, { baud: BAUD, signal, onWarning });
  try {
    if (board.security.flashEncryption) throw new EspmintError('FLASH_ENCRYPTED', { port });
    onStep(`reading the NVS of ${board.facts.description} ${board.facts.mac}`);
    const survey = await board.survey({ signal: signal });
    const chosen = chooseRegion(
      { force: false, ...(target === 'zc' ? {} : { partition: 'nvs' }) },
      { port, survey, flashSizeBytes: board.facts.flashSizeBytes },
    );
    await requireFree(port, board, chosen, signal);
    for (const warning of chosen.warnings) onWarning(warning);
    const region = { offsetBytes: chosen.offsetBytes, sizeBytes: chosen.sizeBytes };
    const { image } = mergeNvs(await board.readFlash(region), rows);
    onStep('writing and proving');
    const after = await board.writeRegion({ offsetBytes: region.offsetBytes, image });
    await board.verifyRegion({ offsetBytes: region.offsetBytes, image }, { after });
    onStep('starting the firmware');
    await board.reset();
    const rules = joinRules({ port, ssid: credentials.ssid, timeoutMs: options.joinTimeoutMs });
    try {
      await board.watchBoot({ ...rules.boot, secrets: [credentials.password] });
    } catch (error) {
      if (!isEspmintError(error, 'BOOT_TIMEOUT') && !isEspmintError(error, 'BOOT_FAILED')) throw error;
      throw rules.explain(error);
    }
    return rules.joined();
  } finally {
    await board.close();
  }
}

/** Checked by what will read them. @throws WIFI_INVALID */
function staticRows({ ssid, password }: Credentials, target: StaticTarget, namespace: string): NvsRow[] {
  checkWifi({ ssid, password }, target === 'net80211' ? 'standard' : 'char-array');
  const own: NvsRow[] = [
    { namespace, key: 'wifi_ssid', type: 'string', value: ssid },
    { namespace, key: 'wifi_password', type: 'string', value: password },
  ];
  const driver = net80211Rows({ ssid, password });
  return target === 'zc' ? own : target === 'net80211' ? driver : [...own, ...driver];
}
