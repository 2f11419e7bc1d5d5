// What an attempt tells of itself, as lines of text: how it ended, who made it and where, with what.
import type { DeviceHistory } from '../../../service/contract/index.js';
import { formatBytes, formatDuration } from '../../format/format.js';
import { maybe, t } from '../../i18n/translate.js';
import { wifiLines } from '../../ui/wifi-record.js';

type Attempt = DeviceHistory['attempts'][number];

/** Only what is known: lines that would be empty are left out. */
export function attemptLines(attempt: Attempt): readonly string[] {
  const { wifi } = attempt;
  return [
    howItEnded(attempt),
    whoAndWhere(attempt),
    withWhat(attempt),
    ...(wifi === undefined
      ? []
      : wifiLines(wifi).map((line, at) => (at === 0 ? joined([t('wifi.title'), line]) : line))),
  ].filter((line) => line !== '');
}

function howItEnded(attempt: Attempt): string {
  const { outcome, code, stage } = attempt;
  const where = stage === undefined ? '' : (maybe(`stage.${stage}`) ?? stage);
  const tookMs = durationMs(attempt);
  return joined([outcome === 'failed' && where, code, tookMs !== undefined && formatDuration(tookMs)]);
}

/** Its stages together, else the time from the reservation to the end. */
function durationMs({ stagesMs, startedAt, endedAt }: Attempt): number | undefined {
  const times = Object.values(stagesMs ?? {});
  if (times.length > 0) return times.reduce((sum, ms) => sum + ms, 0);
  return endedAt === undefined ? undefined : Date.parse(endedAt) - Date.parse(startedAt);
}

function whoAndWhere({ station, slot, port, operator, batch }: Attempt): string {
  return joined([
    station,
    slot === undefined ? port : t('timeline.slot', { n: slot }),
    operator !== undefined && t('timeline.by', { name: operator }),
    batch !== undefined && `${t('station.batch')} ${batch}`,
  ]);
}

function withWhat({ chip, profile, toolVersion }: Attempt): string {
  const flash = chip === undefined || chip.flashSizeBytes === 0 ? '' : ` ${formatBytes(chip.flashSizeBytes)}`;
  return joined([
    chip !== undefined && `${chip.description} ${chip.revision}${flash}`,
    profile !== undefined && t('timeline.profile', { name: profile.name, version: profile.version }),
    toolVersion !== undefined && `espmint ${toolVersion}`,
  ]);
}

function joined(parts: readonly (string | false | undefined)[]): string {
  return parts.filter(Boolean).join(' · ');
}
