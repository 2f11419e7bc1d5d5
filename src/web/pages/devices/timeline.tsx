// The history of a device: its keys and its attempts in one line of time, newest first.
import type { JSX } from 'preact';
import type { DeviceHistory } from '../../../service/contract/index.js';
import { formatExact } from '../../format/format.js';
import { t, type Key } from '../../i18n/translate.js';
import { BootLog } from '../../ui/boot-log.js';
import { Icon, type IconName } from '../../ui/icon.js';
import type { Tone } from '../../ui/parts.js';
import { attemptLines } from './attempt-lines.js';

interface Entry {
  readonly id: string;
  readonly at: string;
  readonly icon: IconName;
  readonly tone: Tone;
  readonly title: string;
  readonly lines: readonly string[];
  readonly log?: readonly string[] | undefined;
}

export function Timeline({ device }: { device: DeviceHistory }): JSX.Element {
  const entries = timelineOf(device);
  if (entries.length === 0) return <p class="muted">{t('timeline.none')}</p>;
  return (
    <ol class="timeline">
      {entries.map(({ id, at, icon, tone, title, lines, log }) => (
        <li key={id}>
          <span class={`dot ${tone}`}>
            <Icon name={icon} />
          </span>
          <div>
            <span class="strong">{title}</span>
            <br />
            <time class="muted small" dateTime={at}>
              {formatExact(at)}
            </time>
            {lines.map((line) => (
              <p key={line} class="small muted">
                {line}
              </p>
            ))}
            {log !== undefined && <BootLog lines={log} />}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** Attempts and keys as one list, newest first. */
function timelineOf({ attempts, keys }: Pick<DeviceHistory, 'attempts' | 'keys'>): readonly Entry[] {
  return [...attempts.map(attemptEntry), ...keys.flatMap(keyEntries)].sort((a, b) =>
    b.at.localeCompare(a.at),
  );
}

function attemptEntry(attempt: DeviceHistory['attempts'][number]): Entry {
  const { id, outcome, startedAt, endedAt } = attempt;
  const looks = {
    passed: { icon: 'check', tone: 'pass' },
    failed: { icon: 'cross', tone: 'fail' },
    open: { icon: 'clock', tone: 'warn' },
  } as const;
  return {
    id: `attempt-${id}`,
    at: endedAt ?? startedAt,
    ...looks[outcome],
    title: t(`timeline.${outcome}` as Key),
    lines: attemptLines(attempt),
    log: attempt.log,
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
            lines: [],
          },
        ];
  return [
    ...entry(key.createdAt, 'made'),
    ...entry(key.provenAt, 'proven'),
    ...entry(key.supersededAt, 'superseded'),
  ];
}
