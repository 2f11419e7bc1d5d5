// What a profile demands of a board before anything is written to it: firmware, flash, PSRAM and chip revision.
import { EspmintError } from '../../core/errors/index.js';
import type { AppDescription } from '../../core/firmware/image.js';
import { parseMemorySize, parseVersionRange } from '../../core/firmware/version-range.js';
import type { Profile } from '../../core/profile/schema.js';
import type { ChipFacts } from '../../core/stages.js';

export type Expectations = NonNullable<Profile['expect']>;

/** One demand that is not met. */
export interface Unmet {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
}

const MB = 2 ** 20;
const UNKNOWN = 'none that can be read';

/** @param app of the application that will start; undefined where the board has none that says what it is. */
export function unmetExpectations(
  expect: Expectations,
  facts: ChipFacts,
  app: AppDescription | undefined,
): readonly Unmet[] {
  const { firmware, flash, psram, revision } = expect;
  const unmet: Unmet[] = [];
  const check = (
    what: string,
    wanted: string | undefined,
    found: string | undefined,
    isRight: boolean,
  ): void => {
    if (wanted !== undefined && !isRight) unmet.push({ what, wanted, found: found ?? UNKNOWN });
  };
  const inRange = (range: string | undefined, version: string | undefined): boolean =>
    range === undefined || (version !== undefined && parseVersionRange(range)?.(version) === true);
  check(
    'firmware version',
    firmware,
    app && `${app.version} (${app.project})`,
    inRange(firmware, app?.version),
  );
  check('chip revision', revision, facts.revision, inRange(revision, facts.revision));
  check('flash', flash, sizeText(facts.flashSizeBytes), isSize(flash, facts.flashSizeBytes));
  check('PSRAM in the chip', psram, sizeText(facts.psramBytes), isSize(psram, facts.psramBytes));
  return unmet;
}

/** `4MB`: just that; `>=4MB`: at least. */
function isSize(wanted: string | undefined, bytes: number | undefined): boolean {
  if (wanted === undefined) return true;
  if (bytes === undefined || bytes === 0) return false;
  const [, atLeast, size = ''] = /^(>=)?\s*(.*)$/.exec(wanted) ?? [];
  const least = parseMemorySize(size) ?? Number.NaN;
  return atLeast === undefined ? bytes === least : bytes >= least;
}

const sizeText = (bytes: number | undefined): string | undefined =>
  bytes === undefined || bytes === 0 ? undefined : `${bytes / MB}MB`;

/** @throws BOARD_NOT_AS_EXPECTED with all that is not as it should be */
export function requireExpectations(port: string, unmet: readonly Unmet[]): void {
  if (unmet.length === 0) return;
  const text = unmet.map(({ what, wanted, found }) => `${what} ${wanted}, and it has ${found}`);
  throw new EspmintError('BOARD_NOT_AS_EXPECTED', { port, unmet: text });
}
