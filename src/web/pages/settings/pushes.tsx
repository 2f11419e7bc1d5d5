// Pushes: how the targets do that get each device, adding and changing them, and what was given up.
import type { JSX } from 'preact';
import type { PushTargetInfo, PushTargetStatus } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatAgo, formatCount } from '../../format/format.js';
import { t } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { ListCard, RemoveButton } from '../../ui/list-card.js';
import { useLive } from '../../ui/live.js';
import { useNow } from '../../ui/load.js';
import { Badge, Blank } from '../../ui/parts.js';
import { CodeWords } from '../../ui/service-words.js';
import { say } from '../../ui/toasts.js';
import { ActButton } from '../../ui/work.js';
import { DeadPushes } from './dead-pushes.js';
import { PushForm } from './push-form.js';

/** How it does, and where it is: that for those who may know it. */
type Target = PushTargetStatus & Partial<Pick<PushTargetInfo, 'address' | 'sendsKeys'>>;

export function PushSettings(): JSX.Element {
  const mayManage = useStore((state) => hasRole(state.session, 'admin'));
  const mayKnow = useStore((state) => hasRole(state.session, 'engineer'));
  const { value, failure, reload } = useLive('push', async (signal): Promise<Target[]> => {
    const [{ targets: states }, { targets }] = await Promise.all([
      call('pushStatus', { signal }),
      mayKnow ? call('listPushTargets', { signal }) : { targets: [] },
    ]);
    return states.map((state) => ({ ...targets.find(({ name }) => name === state.name), ...state }));
  });
  if (failure?.code === 'DATABASE_MISSING') {
    return (
      <div class="card">
        <Blank icon="database" title={t('push.noDatabase')}>
          <p>{t('batch.noDatabaseHint')}</p>
        </Blank>
      </div>
    );
  }
  return (
    <>
      <Targets targets={value} failure={failure} onChanged={reload} />
      <DeadPushes onChanged={reload} />
      {mayManage && <PushForm onAdded={reload} />}
    </>
  );
}

interface TargetsProps {
  readonly targets: Target[] | undefined;
  readonly failure: unknown;
  readonly onChanged: () => void;
}

function Targets({ targets, failure, onChanged }: TargetsProps): JSX.Element {
  const mayManage = useStore((state) => hasRole(state.session, 'admin'));
  const now = useNow(30_000);
  const ago = (iso: string | undefined, none: string): string =>
    iso === undefined ? none : formatAgo(iso, now);
  return (
    <ListCard<Target>
      title={t('push.targets')}
      rows={targets}
      failure={failure}
      none={t('push.none')}
      keyOf={({ name }) => name}
      columns={[
        { name: t('people.name'), cell: (target) => <Name target={target} /> },
        { name: t('devices.status'), cell: (target) => <State target={target} /> },
        {
          name: t('push.pending'),
          number: true,
          cell: ({ pending, oldestPending }) => (
            <div>
              {formatCount(pending)}
              {oldestPending !== undefined && (
                <p class="muted small">{t('push.oldest', { ago: ago(oldestPending, '') })}</p>
              )}
            </div>
          ),
        },
        { name: t('push.dead'), number: true, cell: ({ dead }) => formatCount(dead) },
        {
          name: t('push.last'),
          cell: ({ lastDelivered }) => <span class="nowrap">{ago(lastDelivered, t('tokens.never'))}</span>,
        },
      ]}
      {...(mayManage
        ? { actions: (target: Target) => <PushActions target={target} onChanged={onChanged} /> }
        : {})}
    />
  );
}

function PushActions({ target, onChanged }: { target: Target; onChanged: () => void }): JSX.Element {
  const { name, paused, pending, dead } = target;
  const params = { name };
  const done = (work: Promise<unknown>, words: string): Promise<void> =>
    work.then(() => say(words)).finally(onChanged);
  const test = () => done(call('testPushTarget', { params }), t('push.tested', { name }));
  const setPaused = () =>
    paused
      ? done(call('resumePushTarget', { params }), t('push.resumed', { name }))
      : done(call('pausePushTarget', { params }), t('push.held', { name }));
  return (
    <>
      <ActButton class="little" act={test}>
        {t('registry.test')}
      </ActButton>{' '}
      <ActButton class="little" act={setPaused}>
        {t(paused ? 'push.resume' : 'push.pause')}
      </ActButton>{' '}
      <RemoveButton
        label={t('people.remove', { name })}
        confirm={t('push.confirmRemove', { name, n: pending + dead })}
        remove={() => call('removePushTarget', { params })}
        onRemoved={onChanged}
      />
    </>
  );
}

function Name({ target: { name, kind, address, sendsKeys } }: { target: Target }): JSX.Element {
  const about = [t(`push.kind.${kind}`), sendsKeys === true && t('push.withKeys')].filter(Boolean).join(', ');
  return (
    <div>
      {name} <span class="muted small nowrap">{about}</span>
      {address !== undefined && <p class="mono muted small">{address}</p>}
    </div>
  );
}

function State({ target: { paused, retryAt, lastError } }: { target: Target }): JSX.Element {
  return (
    <div>
      {paused && (
        <Badge tone="warn" icon="pause">
          {t('batch.state.paused')}
        </Badge>
      )}
      {!paused && (
        <Badge
          tone={retryAt === undefined ? 'pass' : 'fail'}
          icon={retryAt === undefined ? 'check' : 'cross'}
        >
          {t(retryAt === undefined ? 'push.works' : 'push.broken')}
        </Badge>
      )}
      {lastError !== undefined && <CodeWords {...lastError} />}
    </div>
  );
}
