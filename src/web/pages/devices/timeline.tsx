// The history of a device: its keys and its attempts in one line of time, newest first.
import type { JSX } from 'preact';
import type { DeviceHistory } from '../../../service/contract/index.js';
import { formatDuration, formatExact } from '../../format/format.js';
import { currentLocale, maybe, t, type Key } from '../../i18n/translate.js';
import { Icon, type IconName } from '../../ui/icon.js';
import type { Tone } from '../../ui/parts.js';

interface Entry {
  readonly id: string;
  readonly at: string;
  readonly icon: IconName;
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
}

export function Timeline({ device }: { device: DeviceHistory }): JSX.Element {
  const entries = timelineOf(device);
  if (entries.length === 0) return <p class="muted">{t('timeline.none')}</p>;
  return (
    <ol class="timeline">
      {entries.map(({ id, at, icon, tone, title, detail }) => (
        <li key={id}>
          <span class={`dot ${tone}`}>
            <Icon name={icon} />
          </span>
          <div>
            <span class="strong">{title}</span>
            <br />
            <time class="muted small" dateTime={at}>
              {formatExact(at, currentLocale())}
            </time>
            {detail !== '' && <p class="small muted">{detail}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** Attempts and keys as one list, newest first. */
export function timelineOf({ attempts, keys }: Pick<DeviceHistory, 'attempts' | 'keys'>): readonly Entry[] {
  return [...attempts.map(attemptEntry), ...keys.flatMap(keyEntries)].sort((a, b) =>
    b.at.localeCompare(a.at),
  );
}

function attemptEntry(attempt: DeviceHistory['attempts'][number]): Entry {
  const { id, outcome, startedAt, endedAt, code, stage } = attempt;
  const looks = {
    passed: { icon: 'check', tone: 'pass' },
    failed: { icon: 'cross', tone: 'fail' },
    open: { icon: 'clock', tone: 'warn' },
  } as const;
  const took =
    endedAt === undefined ? '' : formatDuration(Date.parse(endedAt) - Date.parse(startedAt), currentLocale());
  const where = stage === undefined ? '' : (maybe(`stage.${stage}`) ?? stage);
  return {
    id: `attempt-${id}`,
    at: endedAt ?? startedAt,
    ...looks[outcome],
    title: t(`timeline.${outcome}` as Key),
    detail: [outcome === 'failed' ? where : '', code ?? '', took].filter(Boolean).join(' · '),
  };
}

function keyEntries(key: DeviceHistory['keys'][number]): Entry[] {
  const entry = (at: string | undefined, what: 'made' | 'proven' | 'superseded'): Entry[] =>
    at === undefined
      ? []
      : [
          {
            id: `key-${key.id}-${what}`,
            at,
            icon: 'key',
            tone: what === 'proven' ? 'accent' : 'plain',
            title: t(`timeline.key.${what}`, { id: key.id }),
            detail: '',
          },
        ];
  return [
    ...entry(key.createdAt, 'made'),
    ...entry(key.provenAt, 'proven'),
    ...entry(key.supersededAt, 'superseded'),
  ];
}
