// The outcome over a campaign, when the journals have been told: every key in any flash is in the registry as one that
// may be there, none is lost, none is twice.
import { openRegistry } from '../../../src/registry/index.js';
import { Journal } from '../../../src/registry/spool/journal.js';
import { openDataKeys } from '../../../src/registry/store/data-keys.js';
import { masterKeySource } from '../../../src/registry/store/secrets/master-key.js';
import { MasterKeys } from '../../../src/registry/store/secrets/master-keys.js';
import { sealedBox } from '../../../src/registry/store/secrets/secret-box.js';
import type { Campaign } from './campaign.js';
import type { Home } from './homes.js';

interface KnownKey {
  readonly mac: string;
  readonly psk: string;
  readonly state: string;
}

export interface CampaignCheck {
  readonly keysInFlash: number;
  readonly keysInRegistry: number;
  /** Attempts that only a journal knew when the last run was over. */
  readonly owed: number;
  /** What was promised and not kept; empty when all was. */
  readonly broken: readonly string[];
}

export async function checkCampaign(home: Home, { boards, provenLast }: Campaign): Promise<CampaignCheck> {
  const inFlash = new Map(
    boards.flatMap((board) => {
      const psk = board.key();
      return psk === undefined ? [] : [[board.mac, psk] as const];
    }),
  );
  const owed = await countOwed(home);
  const broken: string[] = [];
  for (const dataDir of home.dataDirs) {
    const registry = await openRegistry(home.options(dataDir));
    const { reachable, pendingSync, conflicts } = await registry.status();
    if (!reachable || pendingSync > 0 || conflicts > 0) {
      broken.push(`${dataDir}: reachable ${reachable}, pending ${pendingSync}, conflicts ${conflicts}`);
    }
    await registry.close();
  }
  const { keys, devices } = await registryKeys(home);
  for (const [mac, psk] of inFlash) {
    const known = keys.find((key) => key.mac === mac && key.psk === psk);
    if (known === undefined) broken.push(`${mac}: the key in its flash is not in the registry`);
    else if (known.state === 'superseded') broken.push(`${mac}: the key in its flash is superseded`);
    else if (provenLast.has(mac) && known.state !== 'current')
      broken.push(`${mac}: passed, and its key is ${known.state}`);
  }
  broken.push(...twice('key in flash', [...inFlash.values()]));
  broken.push(
    ...twice(
      'key in the registry',
      keys.map(({ psk }) => psk),
    ),
  );
  broken.push(...twice('device', devices));
  return { keysInFlash: inFlash.size, keysInRegistry: keys.length, owed, broken };
}

function twice(what: string, values: readonly string[]): string[] {
  const more = values.length - new Set(values).size;
  return more === 0 ? [] : [`${more} times there is a ${what} twice`];
}

async function countOwed(home: Home): Promise<number> {
  let owed = 0;
  for (const dataDir of home.dataDirs) {
    const journal = await Journal.open(dataDir);
    owed += (await journal.attempts()).filter((attempt) => attempt.owed).length;
    await journal.close();
  }
  return owed;
}

/** All keys of all devices, opened, and the MACs of the devices. */
async function registryKeys(home: Home): Promise<{ keys: KnownKey[]; devices: string[] }> {
  const [dataDir = ''] = home.dataDirs;
  const registry = await openRegistry(home.options(dataDir));
  const client = await home.connect();
  try {
    const masters = await MasterKeys.load(masterKeySource(dataDir, home.env), dataDir);
    const box = sealedBox((await openDataKeys(client, masters, 'the registry')).keys);
    const { rows } = await client.query<{ uuid: string; macKey: string; stored: string; state: string }>(
      `select global_uuid as uuid, mac_key as "macKey", psk_secret as stored, state from device_keys`,
    );
    const { rows: devices } = await client.query<{ mac: string }>(`select mac_key as mac from devices`);
    const keys = rows.map((row) => ({
      mac: row.macKey.match(/../g)?.join(':') ?? '',
      psk: box.open(row.stored, row),
      state: row.state,
    }));
    return { keys, devices: devices.map(({ mac }) => mac) };
  } finally {
    await client.end();
    await registry.close();
  }
}
