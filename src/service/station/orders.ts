// What is to be made of a board: the profile and the batch of the station, or what a person asked for, as a plan.
import { EspmintError, invalidInput } from '../../core/errors/index.js';
import type { FirmwareBundle } from '../../core/firmware/bundle.js';
import { buildPlan, type Admit, type PlanChanges, type ProvisionPlan } from '../../provision/index.js';
import { withFinish, type Finish } from '../../station/index.js';
import type { Batches, BatchRequest } from '../../registry/index.js';
import type { ProfileName, StartJobs } from '../contract/index.js';
import type { ServiceOptions } from '../options.js';
import type { ServiceParts } from '../parts.js';
import type { ProfileStore, StoredProfile } from '../profiles/profile-store.js';
import type { Secrets } from '../profiles/secrets.js';
import { NEWEST, type StationSettings } from './station-settings.js';

/** Everything that a run needs to know, but for the port. */
export interface Order {
  readonly profile: ProfileName;
  readonly plan: ProvisionPlan;
  readonly batch: BatchRequest | undefined;
  /** Only checked before it leaves. */
  readonly check: boolean;
  /** Name of the station that makes it. */
  readonly station: string;
  /** @param finish absent: a good board needs nothing more */
  readonly admit: (finish: Finish | undefined) => Admit | undefined;
}

export interface OrderParts {
  readonly profiles: ProfileStore;
  readonly settings: StationSettings;
  readonly secrets: Secrets;
  readonly verify: ServiceOptions['verify'];
  readonly wpsHook: ServiceOptions['wpsHook'];
  /** Absent: a service without a database has no batches. */
  readonly batches: Batches | undefined;
  readonly firmware: ServiceParts['firmware'];
  readonly enter: (batch: string, profile: ProfileName, station: string) => Admit;
}

export type Wanted = Pick<StartJobs, 'profile' | 'known'>;

export class Orders {
  readonly #parts: OrderParts;

  constructor(parts: OrderParts) {
    this.#parts = parts;
  }

  /**
   * @throws PROFILE_UNKNOWN, PROFILE_NOT_CHOSEN, SECRET_*, BATCH_UNKNOWN, REGISTRY_*, and the error of whichever value of
   *   the profile is wrong
   */
  async make({ profile: wanted, known }: Wanted): Promise<Order> {
    const { settings, secrets, verify, wpsHook, enter } = this.#parts;
    const { stationName: station, check = false } = await settings.get();
    const batch = await this.#batch(station);
    const stored = await this.#find(wanted, batch);
    const profile = { name: stored.name, version: stored.version };
    const firmware = await this.#firmware(stored.profile.firmware);
    const changes = { known, verify, firmware, wpsHook, ...saidBy(batch) };
    const plan = await buildPlan(stored.profile, changes, secrets.resolve);
    const admission = batch === undefined ? undefined : enter(batch.name, profile, station);
    return {
      profile,
      plan,
      batch,
      check,
      station,
      admit: (finish) => (finish === undefined ? admission : withFinish(admission, finish)),
    };
  }

  /** The profile that the station is set to, if it is. */
  async current(): Promise<StoredProfile | undefined> {
    const { profile } = await this.#parts.settings.get();
    return profile === undefined ? undefined : this.#parts.profiles.get(...storedName(profile));
  }

  /** The station goes on with this profile. */
  async use({ name, version }: NonNullable<StartJobs['profile']>): Promise<void> {
    await this.#parts.settings.useProfile({ name, version: version ?? NEWEST });
  }

  /** Files of other computers are not read here: the registry has the bundle. @throws FIRMWARE_UNKNOWN, INPUT_INVALID */
  async #firmware(named: string | undefined): Promise<FirmwareBundle | undefined> {
    if (named === undefined) return undefined;
    const { firmware } = this.#parts;
    if (/^[^/\\]+@[^/\\]+$/.test(named) && firmware !== undefined) return firmware.get(named);
    throw invalidInput(
      `The firmware "${named}" of the profile`,
      'is no bundle of the registry',
      'add it with espmint firmware add, and write NAME@VERSION into the profile',
    );
  }

  async #batch(station: string): Promise<BatchRequest | undefined> {
    const { batch } = await this.#parts.settings.get();
    return batch === undefined ? undefined : this.#parts.batches?.order({ batch, station });
  }

  /** Whoever names no profile makes boards for the batch, and those are of its version. */
  async #find(wanted: Wanted['profile'], batch: BatchRequest | undefined): Promise<StoredProfile> {
    const { profiles } = this.#parts;
    if (wanted !== undefined) return profiles.get(wanted.name, wanted.version);
    if (batch !== undefined) return profiles.get(batch.profile.name, batch.profile.version);
    const current = await this.current();
    if (current === undefined) throw new EspmintError('PROFILE_NOT_CHOSEN', {});
    return current;
  }
}

/** What the batch says of its boards wins over the profile. */
function saidBy(batch: BatchRequest | undefined): PlanChanges {
  const { firmwareVersion, hardwareRevision, location } = batch ?? {};
  return { firmwareVersion, hardwareRevision, location };
}

function storedName({ name, version }: ProfileName): [string, number | undefined] {
  return [name, version === NEWEST ? undefined : version];
}
