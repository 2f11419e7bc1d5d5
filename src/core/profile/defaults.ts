// The profile of a run without one, written out: most commands then read no schema. A test holds it to the schema's defaults.
import type { Profile } from './schema.js';

export function defaultProfile(name: string): Profile {
  return {
    name,
    version: 1,
    target: {},
    identity: { recipe: 'rfc9562' },
    nvs: {
      mode: 'replace',
      replaceEncrypted: false,
      namespace: 'zc',
      keys: {
        uuid: 'global_uuid',
        psk: 'psk_secret',
        caUrl: 'ca_service_url',
        ssid: 'wifi_ssid',
        password: 'wifi_password',
      },
      rows: [],
    },
    regions: [],
    policy: { known: 'keep', verify: 'md5', attempts: 3, baud: 921_600, secretsOnLabels: false },
  };
}
