// Profiles in versions, their check and preview, and the secrets that they refer to.
import { EspmintError, toEspmintError } from '../../core/errors/index.js';
import type { Finding, SavedProfile } from '../contract/index.js';
import { checkWifi } from '../../core/wifi.js';
import type { PROFILE_OPERATIONS } from '../contract/profiles.js';
import type { ServiceCore } from '../core.js';
import { DONE, type DeepReadonly, type HandlersOf } from '../http/operations.js';
import { previewProfile } from '../profiles/preview.js';
import type { StoredProfile } from '../profiles/profile-store.js';
import { nextTurn } from '../turns.js';
import { NEWEST } from '../station/station-settings.js';
import {
  type CheckedInput,
  checkInput,
  jsonProfile,
  profileText,
  withVersion,
} from '../profiles/profile-text.js';

export function profileHandlers({
  profiles,
  settings,
  secrets,
  hub,
}: ServiceCore): HandlersOf<typeof PROFILE_OPERATIONS> {
  return {
    listProfiles: async () => {
      const { profiles: all, damaged } = await profiles.list();
      const { profile: current } = await settings.get();
      const chipOf = ({ profile: { chip } }: StoredProfile) => (chip === undefined ? {} : { chip });
      return {
        profiles: all.map((stored) => ({ ...stored, ...chipOf(stored) })),
        damaged: damaged.map(({ name, version, error: { code, message, details } }) => ({
          name,
          version,
          code,
          message,
          path: 'path' in details ? String(details.path) : '',
        })),
        current,
      };
    },
    getProfile: async ({ params, query }) => toSaved(await profiles.get(params.name, query.version)),
    listProfileVersions: async ({ params: { name } }) => {
      const versions = await profiles.versions(name);
      if (versions.length === 0) throw new EspmintError('PROFILE_UNKNOWN', { name: `"${name}"` });
      return { versions };
    },
    saveProfile: async ({ body: { profile: input, basedOn, note } }, { identity }) => {
      const text = await profileText(input);
      const checked = await checkInput({ text });
      await nextTurn();
      if ('findings' in checked) throw invalid(checked.findings);
      const { name } = checked.profile;
      const newest = (await profiles.versions(name))[0]?.version ?? 0;
      if ((basedOn ?? 0) !== newest) throw new EspmintError('PROFILE_CHANGED', { name, version: newest });
      const version = newest + 1;
      const savedBy = identity?.name ?? 'unknown';
      const change = { name, version, text: await withVersion(text, version), savedBy, note };
      const saved = await profiles.save(change);
      // The first product of a station is what it makes.
      if ((await settings.get()).profile === undefined) await settings.useProfile({ name, version: NEWEST });
      hub.publish({ type: 'profile', profile: { name, version } });
      return toSaved(saved);
    },
    checkProfile: async ({ body }) => {
      const checked = await checkInput(body.profile);
      const findings = 'findings' in checked ? checked.findings : [];
      return { ok: findings.length === 0, findings };
    },
    previewProfile: async ({ body }) => {
      const checked = await checkInput(body.profile);
      await nextTurn();
      const preview = await previewProfile(body, checked);
      return { ...preview, findings: [...preview.findings, ...(await findSecrets(checked, secrets))] };
    },
    listSecrets: async () => ({ secrets: await secrets.list() }),
    putSecret: async ({ params, body }) => {
      checkWifi({ ssid: 'any', password: body.value }, 'standard');
      await secrets.put(params.name, body.value);
      return DONE;
    },
    removeSecret: async ({ params }) => {
      await secrets.remove(params.name);
      return DONE;
    },
  };
}

/** A reference that boards could not be started with is named where it is typed. */
async function findSecrets(checked: CheckedInput, secrets: ServiceCore['secrets']): Promise<Finding[]> {
  const reference = 'profile' in checked ? checked.profile.wifi?.password : undefined;
  if (reference === undefined) return [];
  try {
    await secrets.resolve(reference);
    return [];
  } catch (error) {
    const { code, message } = toEspmintError(error);
    return [{ path: 'wifi.password', code, reason: `is not accepted: ${message}`, line: 1, column: 1 }];
  }
}

function toSaved({ profile, ...stored }: StoredProfile): DeepReadonly<SavedProfile> {
  return { ...stored, settings: jsonProfile(profile) };
}

function invalid(
  findings: readonly { line: number; column: number; path: string; reason: string }[],
): EspmintError {
  const first = findings[0] ?? { line: 1, column: 1, path: '', reason: 'is not accepted' };
  return new EspmintError('PROFILE_INVALID', {
    file: 'profile',
    ...first,
    hint: 'correct it; POST /profiles/check lists everything that is wrong',
  });
}
