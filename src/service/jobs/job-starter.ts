// From what a person asked for to running jobs: finds the profile, makes the plan, checks the ports.
import { EspmintError } from '../../core/errors/index.js';
import { buildPlan, type ProvisionPlan } from '../../provision/index.js';
import type { Job, ProfileName, StartJobs } from '../contract/index.js';
import type { StationPorts } from '../ports/station-ports.js';
import type { ProfileStore, StoredProfile } from '../profiles/profile-store.js';
import type { Secrets } from '../profiles/secrets.js';
import type { StationSettings } from '../station/station-settings.js';
import type { JobManager } from './job-manager.js';

export interface StarterParts {
  readonly jobs: JobManager;
  readonly ports: StationPorts;
  readonly profiles: ProfileStore;
  readonly settings: StationSettings;
  readonly secrets: Secrets;
}

export class JobStarter {
  readonly #parts: StarterParts;

  constructor(parts: StarterParts) {
    this.#parts = parts;
  }

  /**
   * Starts a job on each port, or none; the station goes on with this profile.
   *
   * @throws PORT_UNKNOWN, PORT_IN_USE, PROFILE_UNKNOWN, PROFILE_NOT_CHOSEN, SECRET_*, SERVICE_STOPPING, and the error
   *   of whichever value of the profile is wrong
   */
  async start({ ports, profile, known }: StartJobs, startedBy: string): Promise<Job[]> {
    const stored = await this.#find(profile);
    const plan = await this.#plan(stored, known);
    const jobs = this.#begin(ports, stored, plan, startedBy);
    if (profile !== undefined) {
      await this.#parts.settings.useProfile({ name: stored.name, version: profile.version ?? NEWEST });
    }
    return jobs;
  }

  /** The same port and the same version of the profile once more. @throws as start */
  async retry(job: Job, startedBy: string): Promise<Job> {
    const stored = await this.#parts.profiles.get(job.profile.name, job.profile.version);
    const plan = await this.#plan(stored, undefined);
    const [again] = this.#begin([job.port], stored, plan, startedBy, job.id);
    if (again === undefined) throw new EspmintError('INTERNAL', { reason: 'a start without a job' });
    return again;
  }

  /** The profile that the station is set to, if it is. */
  async current(): Promise<StoredProfile | undefined> {
    const { profile } = await this.#parts.settings.get();
    return profile === undefined ? undefined : this.#parts.profiles.get(...storedName(profile));
  }

  async #find(wanted: StartJobs['profile']): Promise<StoredProfile> {
    if (wanted !== undefined) return this.#parts.profiles.get(wanted.name, wanted.version);
    const current = await this.current();
    if (current === undefined) throw new EspmintError('PROFILE_NOT_CHOSEN', {});
    return current;
  }

  async #plan({ profile }: StoredProfile, known: StartJobs['known']): Promise<ProvisionPlan> {
    return buildPlan(profile, { known }, this.#parts.secrets.resolve);
  }

  #begin(
    ports: readonly string[],
    { name, version }: StoredProfile,
    plan: ProvisionPlan,
    startedBy: string,
    retryOf?: string,
  ): Job[] {
    const requests = ports.map((port) => {
      const { slot, inspecting } = this.#parts.ports.get(port);
      if (inspecting) throw new EspmintError('PORT_IN_USE', { port });
      return { port, slot, profile: { name, version }, plan, startedBy, retryOf };
    });
    return this.#parts.jobs.start(requests);
  }
}

/** In settings: the version that happens to be the newest. */
const NEWEST = 0;

function storedName({ name, version }: ProfileName): [string, number | undefined] {
  return [name, version === NEWEST ? undefined : version];
}
