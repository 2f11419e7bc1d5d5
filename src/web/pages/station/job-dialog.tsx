// All that is known of one job: for the engineer who looks into a failure.
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { hex } from '../../../core/text.js';
import type { Job, PortState } from '../../../service/contract/index.js';
import { formatBytes, formatDuration, formatExact, formatShort } from '../../format/format.js';
import { runWordsFor, t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { useStore } from '../../store/store.js';
import { BootLog } from '../../ui/boot-log.js';
import { LabelDialog } from '../devices/label-dialog.js';
import { Dialog, DialogButton } from '../../ui/dialog.js';
import { Facts } from '../../ui/facts.js';
import { Badge, Copyable, Note } from '../../ui/parts.js';
import { CodeWords, ServiceWords } from '../../ui/service-words.js';
import { wifiLines } from '../../ui/wifi-record.js';
import { stageMarks, type Mark } from './tile-model.js';

interface JobDialogProps {
  readonly port: string;
  readonly onClose: () => void;
}

/** The job of a slot, live. */
export function JobDialog({ port: name, onClose }: JobDialogProps): JSX.Element | null {
  const port = useStore((state) => state.ports?.find(({ port }) => port === name));
  const isGone = port?.job === undefined;
  // Else it would open by itself for the next board of the slot.
  useEffect(() => {
    if (isGone) onClose();
  }, [isGone]);
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
            <FailureWords failure={job.failure} />
          </Note>
        )}
        {job.failure?.log !== undefined && <BootLog lines={job.failure.log} />}
        <Times marks={stageMarks(job)} />
        <JobFacts job={job} portLabel={port?.label ?? job.port} />
        {job.warnings.map((warning) => (
          <Note key={warning.code} tone="warn">
            <CodeWords {...warning} />
          </Note>
        ))}
        {job.failure?.conflict !== undefined && (
          <a
            class="button primary"
            href={link(['conflicts', String(job.failure.conflict.id ?? '')])}
            onClick={onClose}
          >
            {t('conflict.look')}
          </a>
        )}
        {job.mac !== undefined && (
          <div class="row">
            <a class="button" href={link(['devices', job.mac])} onClick={onClose}>
              {t('action.openDevice')}
            </a>
            {job.state === 'passed' && <LabelButton mac={job.mac} />}
          </div>
        )}
      </div>
    </Dialog>
  );
}

function LabelButton({ mac }: { mac: string }): JSX.Element {
  return (
    <DialogButton label={t('label.do')}>{(close) => <LabelDialog mac={mac} onClose={close} />}</DialogButton>
  );
}

/** What it means in the language of the page, then what the service knows in detail. */
function FailureWords({ failure: { code, message } }: { failure: NonNullable<Job['failure']> }): JSX.Element {
  const words = runWordsFor(code);
  return (
    <>
      {words !== undefined && (
        <p>
          <b>{words.cause}</b> {words.next}
        </p>
      )}
      <ServiceWords text={message} />
      <p class="mono small">{code}</p>
    </>
  );
}

function JobFacts({ job, portLabel }: { job: Job; portLabel: string }): JSX.Element {
  const { mac, uuid, serial, batch, lot, chip, known, image, profile, durationMs, wifi } = job;
  return (
    <Facts
      rows={[
        ['MAC', mac && <Copyable value={mac} what="MAC" />],
        [t('batch.serial'), serial && <Copyable value={serial} what={t('batch.serial')} />],
        [t('station.batch'), batch && <a href={link(['batches', batch])}>{batch}</a>],
        [t('batch.lot'), lot],
        ['UUID', uuid && <Copyable value={uuid} what="UUID" />],
        [t('fact.chip'), chip && `${chip.description} ${chip.revision}, ${formatBytes(chip.flashSizeBytes)}`],
        [t('fact.before'), known && t(`known.${known}`)],
        [t('fact.image'), image && <ImageFact image={image} />],
        [t('wifi.title'), wifi && <WifiFact wifi={wifi} />],
        [t('station.product'), `${profile.name} · r${profile.version}`],
        [t('fact.port'), portLabel],
        [t('fact.started'), `${formatExact(job.startedAt)} (${job.startedBy})`],
        [t('fact.took'), durationMs !== undefined && formatDuration(durationMs)],
        [t('fact.attempt'), t('tile.attempt', { n: job.attempt, of: job.attempts })],
      ]}
    />
  );
}

function WifiFact({ wifi }: { wifi: NonNullable<Job['wifi']> }): JSX.Element {
  return (
    <>
      {wifiLines(wifi).map((line) => (
        <p key={line}>{line}</p>
      ))}
    </>
  );
}

function ImageFact({
  image: { sizeBytes, offsetBytes, sha256 },
}: {
  image: NonNullable<Job['image']>;
}): JSX.Element {
  return (
    <>
      {formatBytes(sizeBytes)} {t('fact.at')} <span class="mono">{hex(offsetBytes)}</span>
      <br />
      <Copyable value={sha256} shown={`${sha256.slice(0, 16)}…`} what="SHA-256" />
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
              {durationMs === undefined ? '' : formatShort(durationMs)}{' '}
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
