// From a profile file and flags to the plan of a run: reads the files that they name.
import { dirname, resolve } from 'node:path';
import { invalidInput } from '../../core/errors/index.js';
import { defaultProfile } from '../../core/profile/defaults.js';
import type { Profile } from '../../core/profile/schema.js';
import type { PlanChanges, ProvisionPlan } from '../../provision/index.js';
import type { FirmwareBundle } from '../../core/firmware/bundle.js';
import { isBundleName, readFirmwareFile } from './firmware.js';
import { readBytes, readSecretFile, readTextFile } from '../../files/index.js';
import { parseWpsHook, type WpsHookFlags } from '../arguments/wps-hook.js';
import type { CliIo } from '../io.js';

/** Where nobody names a file: the defaults. */
const NO_PROFILE = 'flags';

/** Gives the bundle of a name. */
type Bundles = (wanted: string) => Promise<FirmwareBundle>;

/** Flags that change what the profile says; secrets come from files, never from the command line itself. */
export interface PlanFlags
  extends Omit<PlanChanges, 'psk' | 'wifiPassword' | 'firmware' | 'wpsHook'>, WpsHookFlags {
  readonly profile?: string;
  /** A file, or a bundle of the registry; instead of what the profile names. */
  readonly firmware?: string;
  readonly pskFile?: string;
  readonly wifiPasswordFile?: string;
}

/** @throws PROFILE_INVALID, FILE_UNREADABLE, and the error of whichever value is wrong. */
export async function planFromFlags(
  flags: PlanFlags,
  env: CliIo['env'],
  bundles?: Bundles,
): Promise<ProvisionPlan> {
  return planOfProfile(await loadProfile(flags.profile), flags, env, bundles);
}

/** The same for a profile that is known already; the file of the flags only says from which folder its paths count. */
export async function planOfProfile(
  profile: Profile,
  flags: PlanFlags,
  env: CliIo['env'],
  bundles?: Bundles,
): Promise<ProvisionPlan> {
  const { buildPlan } = await import('../../provision/index.js');
  const psk = await optionalSecret(flags.pskFile);
  const wifiPassword = await optionalSecret(flags.wifiPasswordFile);
  const folder = flags.profile === undefined ? resolve('.') : dirname(resolve(flags.profile));
  const firmware = await namedFirmware(profile, flags, folder, bundles);
  const wpsHook = parseWpsHook(flags.wpsHook, flags.wpsCancelHook);
  const plan = await buildPlan(
    profile,
    { ...flags, psk, wifiPassword, firmware, wpsHook },
    (reference) => resolveSecret(reference, folder, env),
    (path) => readBytes(resolve(folder, path)),
  );
  return profile.name === NO_PROFILE ? { ...plan, profile: undefined } : plan;
}

/** The profile of a file; without one, the defaults. @throws PROFILE_INVALID, FILE_UNREADABLE */
export async function loadProfile(file: string | undefined): Promise<Profile> {
  if (file === undefined) return defaultProfile(NO_PROFILE);
  const { parseProfile } = await import('../../core/profile/parse.js');
  return parseProfile(await readTextFile(file), file);
}

/** A flag's path counts from here, the profile's from its own folder. */
async function namedFirmware(
  profile: Profile,
  flags: PlanFlags,
  folder: string,
  bundles: Bundles | undefined,
): Promise<FirmwareBundle | undefined> {
  const named = flags.firmware ?? profile.firmware;
  if (named === undefined) return undefined;
  if (isBundleName(named) && bundles !== undefined) return bundles(named);
  return readFirmwareFile(resolve(flags.firmware === undefined ? folder : '.', named));
}

async function optionalSecret(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : readSecretFile(file);
}

/** `file:PATH` from the profile's folder, or `env:NAME`. @throws FILE_UNREADABLE, INPUT_INVALID */
export async function resolveSecret(reference: string, folder: string, env: CliIo['env']): Promise<string> {
  const [kind, ...rest] = reference.split(':');
  const name = rest.join(':');
  if (kind === 'file') return readSecretFile(resolve(folder, name));
  const value = env[name];
  if (value !== undefined) return value;
  throw invalidInput(
    `The environment variable ${name}`,
    'is not set, but the profile takes a secret from it',
    `set ${name}, or use a file: reference`,
  );
}
