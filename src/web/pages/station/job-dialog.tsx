// All that is known of one job: for the engineer who looks into a failure.
import type { JSX } from 'preact';
import type { Job, PortState } from '../../../service/contract/index.js';
import {
  formatBytes,
  formatDuration,
  formatExact,
  formatHex,
  formatShort,
  sentence,
} from '../../format/format.js';
import { currentLocale, t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { useStore } from '../../store/store.js';
import { Dialog } from '../../ui/dialog.js';
import { Badge, Copyable, Note } from '../../ui/parts.js';
import { stageMarks, type Mark } from './tile-model.js';

interface JobDialogProps {
  readonly port: string;
  readonly onClose: () => void;
}

/** The job of a slot, live. */
export function JobDialog({ port: name, onClose }: JobDialogProps): JSX.Element | null {
  const port = useStore((state) => state.ports?.find(({ port }) => port === name));
  if (port?.job === undefined) return null;
  return <JobDetails job={port.job} port={port} onClose={onClose} />;
}

export function JobDetails(props: { job: Job; port?: PortState; onClose: () => void }): JSX.Element {
  const { job, port, onClose } = props;
  return (
    <Dialog title={`${t('station.slot', { slot: job.slot })}: ${t(`job.${job.state}`)}`} onClose={onClose}>
      <div class="stack loose">
        {job.failure !== undefined && (
          <Note tone={job.state === 'cancelled' ? 'warn' : 'fail'}>
            <p>{sentence(job.failure.message)}</p>
            <p class="mono small">{job.failure.code}</p>
          </Note>
        )}
        <Times marks={stageMarks(job)} />
        <Facts job={job} portLabel={port?.label ?? job.port} />
        {job.warnings.map(({ code, message }) => (
          <Note key={code} tone="warn">
            <p>{sentence(message)}</p>
          </Note>
        ))}
        {job.mac !== undefined && (
          <a class="button" href={link(['devices', job.mac])} onClick={onClose}>
            {t('action.openDevice')}
          </a>
        )}
      </div>
    </Dialog>
  );
}

function Facts({ job, portLabel }: { job: Job; portLabel: string }): JSX.Element {
  const language = currentLocale();
  return (
    <dl class="facts">
      {job.mac !== undefined && (
        <Fact name="MAC">
          <Copyable value={job.mac} what="MAC" />
        </Fact>
      )}
      {job.uuid !== undefined && (
        <Fact name="UUID">
          <Copyable value={job.uuid} what="UUID" />
        </Fact>
      )}
      {job.chip !== undefined && (
        <Fact name={t('fact.chip')}>
          {job.chip.description} {job.chip.revision}, {formatBytes(job.chip.flashSizeBytes)}
        </Fact>
      )}
      {job.known !== undefined && <Fact name={t('fact.before')}>{t(`known.${job.known}`)}</Fact>}
      {job.image !== undefined && (
        <Fact name={t('fact.image')}>
          {formatBytes(job.image.size)} {t('fact.at')} <span class="mono">{formatHex(job.image.offset)}</span>
          <br />
          <Copyable value={job.image.sha256} shown={`${job.image.sha256.slice(0, 16)}…`} what="SHA-256" />
        </Fact>
      )}
      <Fact name={t('fact.profile')}>
        {job.profile.name} · r{job.profile.version}
      </Fact>
      <Fact name={t('fact.port')}>{portLabel}</Fact>
      <Fact name={t('fact.started')}>
        {formatExact(job.startedAt, language)} ({job.startedBy})
      </Fact>
      {job.durationMs !== undefined && (
        <Fact name={t('fact.took')}>{formatDuration(job.durationMs, language)}</Fact>
      )}
      <Fact name={t('fact.attempt')}>{t('tile.attempt', { n: job.attempt, of: job.attempts })}</Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** Time by stage, drawn to scale. */
function Times({ marks }: { marks: readonly Mark[] }): JSX.Element {
  const longest = Math.max(1, ...marks.map(({ durationMs }) => durationMs ?? 0));
  return (
    <table class="times">
      <caption class="visually-hidden">{t('today.byStage')}</caption>
      <tbody>
        {marks.map(({ stage, state, durationMs }) => (
          <tr key={stage}>
            <th scope="row">{t(`stage.${stage}`)}</th>
            <td class="times-bar">
              <span
                class={`times-fill ${state}`}
                style={{ width: `${((durationMs ?? 0) / longest) * 100}%` }}
              />
            </td>
            <td class="right nowrap">
              {durationMs === undefined ? '' : formatShort(durationMs, currentLocale())}{' '}
              {state === 'failed' && (
                <Badge tone="fail" icon="cross">
                  {t('job.failed')}
                </Badge>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
