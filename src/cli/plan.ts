// From a profile and flags to the plan of a run: flags win, references to secrets are resolved, all is checked
// before any port is opened.
import { dirname, resolve } from 'node:path';
import { findChip } from '../core/chips/index.js';
import { checkCaUrl } from '../core/ca-url.js';
import { EspmintError } from '../core/errors/index.js';
import { parsePsk } from '../core/psk.js';
import { parseProfile } from '../core/profile/parse.js';
import { profileSchema, type Profile } from '../core/profile/schema.js';
import { parseUuid, type UuidRecipe } from '../core/uuid.js';
import { checkWifi, type WifiCredentials } from '../core/wifi.js';
import type { ProvisionPlan, Target } from '../provision/index.js';
import { readSecretFile, readTextFile } from './files.js';
import type { CliIo } from './io.js';

/** Flags that change what the profile says. */
export interface PlanFlags {
  readonly profile?: string;
  readonly chip?: string;
  readonly partition?: string;
  readonly offset?: number;
  readonly size?: number;
  readonly forceOffset?: boolean;
  readonly recipe?: UuidRecipe;
  readonly uuid?: string;
  readonly pskFile?: string;
  readonly caUrl?: string;
  readonly wifiSsid?: string;
  readonly wifiPasswordFile?: string;
  readonly firmwareVersion?: string;
  readonly hardwareRevision?: string;
  readonly location?: string;
  readonly known?: ProvisionPlan['known'];
  readonly attempts?: number;
  readonly baud?: number;
}

/** @throws PROFILE_INVALID, FILE_UNREADABLE, and the error of whichever value is wrong. */
export async function buildPlan(flags: PlanFlags, env: CliIo['env']): Promise<ProvisionPlan> {
  const profile = await loadProfile(flags.profile);
  return {
    expectChip: chipName(flags.chip ?? profile.chip),
    target: buildTarget(profile.target, flags),
    identity: {
      recipe: flags.recipe ?? profile.identity.recipe,
      namespaceUuid: profile.identity.namespaceUuid,
    },
    layout: profile.nvs,
    caUrl: buildCaUrl(flags.caUrl ?? profile.caUrl),
    wifi: await buildWifi(profile, flags, env),
    firmwareVersion: atMost(20, '--firmware-version', flags.firmwareVersion ?? profile.firmwareVersion),
    hardwareRevision: atMost(10, '--hardware-revision', flags.hardwareRevision ?? profile.hardwareRevision),
    location: atMost(100, '--location', flags.location ?? profile.location),
    known: flags.known ?? profile.policy.known,
    attempts: flags.attempts ?? profile.policy.attempts,
    baud: flags.baud ?? profile.policy.baud,
    given: {
      uuid: flags.uuid === undefined ? undefined : parseUuid(flags.uuid),
      psk: flags.pskFile === undefined ? undefined : parsePsk(await readSecretFile(flags.pskFile)),
    },
  };
}

async function loadProfile(file: string | undefined): Promise<Profile> {
  return file === undefined
    ? profileSchema.parse({ name: 'flags' })
    : parseProfile(await readTextFile(file), file);
}

function chipName(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const chip = findChip(text);
  if (chip !== undefined) return chip.name;
  throw new EspmintError('INPUT_INVALID', {
    field: '--chip',
    reason: `is "${text}", which is no chip that espmint knows`,
    hint: 'give a name such as esp32 or esp32s3, or leave it out',
  });
}

/** A place given by flags replaces the profile's; half of it is never mixed with half of the other. */
function buildTarget(profile: Profile['target'], flags: PlanFlags): Target {
  const { partition, offset, size, forceOffset = false } = flags;
  if (partition !== undefined && offset !== undefined) {
    throw new EspmintError('INPUT_INVALID', {
      field: '--partition and --offset',
      reason: 'both say where the image goes',
      hint: 'give only one of them',
    });
  }
  const placed = partition !== undefined || offset !== undefined;
  return {
    partition: placed ? partition : profile.partition,
    offsetBytes: placed ? offset : profile.offset,
    sizeBytes: placed ? size : (size ?? profile.size),
    force: forceOffset,
  };
}

function buildCaUrl(url: string | undefined): string {
  if (url === undefined) {
    throw new EspmintError('INPUT_INVALID', {
      field: 'The CA URL',
      reason: 'is missing',
      hint: 'give --ca-url https://ca.example.com:8443, or caUrl in a profile',
    });
  }
  checkCaUrl(url);
  return url;
}

async function buildWifi(
  profile: Profile,
  flags: PlanFlags,
  env: CliIo['env'],
): Promise<WifiCredentials | undefined> {
  const ssid = flags.wifiSsid ?? profile.wifi?.ssid;
  if (ssid === undefined) {
    if (flags.wifiPasswordFile === undefined) return undefined;
    throw new EspmintError('INPUT_INVALID', {
      field: '--wifi-password-file',
      reason: 'is given without a network name',
      hint: 'add --wifi-ssid',
    });
  }
  const password = await wifiPassword(profile, flags, env);
  const wifi: WifiCredentials = password === undefined ? { ssid } : { ssid, password };
  checkWifi(wifi, profile.wifi?.limits);
  return wifi;
}

async function wifiPassword(
  profile: Profile,
  flags: PlanFlags,
  env: CliIo['env'],
): Promise<string | undefined> {
  if (flags.wifiPasswordFile !== undefined) return readSecretFile(flags.wifiPasswordFile);
  // A network named by a flag is another network: the profile's password is not for it.
  if (flags.wifiSsid !== undefined && flags.wifiSsid !== profile.wifi?.ssid) return undefined;
  const reference = profile.wifi?.password;
  if (reference === undefined) return undefined;
  return resolveSecret(reference, dirname(resolve(flags.profile ?? '.')), env);
}

/** `file:PATH` from the profile's folder, or `env:NAME`. */
async function resolveSecret(reference: string, folder: string, env: CliIo['env']): Promise<string> {
  const [kind, ...rest] = reference.split(':');
  const name = rest.join(':');
  if (kind === 'file') return readSecretFile(resolve(folder, name));
  const value = env[name];
  if (value !== undefined) return value;
  throw new EspmintError('INPUT_INVALID', {
    field: `The environment variable ${name}`,
    reason: 'is not set, but the profile takes a secret from it',
    hint: `set ${name}, or use a file: reference`,
  });
}

function atMost(characters: number, field: string, text: string | undefined): string | undefined {
  if (text === undefined || text.length <= characters) return text;
  throw new EspmintError('INPUT_INVALID', {
    field,
    reason: `has ${text.length} characters, more than the ${characters} of its registry column`,
    hint: 'shorten it',
  });
}
