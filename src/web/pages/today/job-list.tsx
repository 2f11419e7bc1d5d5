// The jobs behind the figures: newest first, by result or by cause, each with all its details.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Job } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatClock, formatDuration } from '../../format/format.js';
import { currentLocale, t } from '../../i18n/translate.js';
import { go, link } from '../../router.js';
import { useStore } from '../../store/store.js';
import { useLoad } from '../../ui/load.js';
import { Badge, FailureNote, Segmented, Skeleton, type Tone } from '../../ui/parts.js';
import { JobDetails } from '../station/job-dialog.js';

const STATES = ['', 'passed', 'failed'] as const;
const SHOWN = 50;
/** More than these the service does not keep. */
const KEPT = 1000;

interface JobListProps {
  readonly code: string | undefined;
  readonly state: string | undefined;
}

export function JobList({ code, state }: JobListProps): JSX.Element {
  const wanted = STATES.find((other) => other === state) ?? '';
  const [shown, setShown] = useState(SHOWN);
  const { value, failure, reload } = useLoad(
    async (signal) =>
      (
        await call('listJobs', {
          query: { code, limit: shown, since: 'today', ...(wanted === '' ? {} : { state: wanted }) },
          signal,
        })
      ).jobs,
    `${code ?? ''} ${wanted} ${shown}`,
  );
  const today = useStore((store) => store.today);
  const [open, setOpen] = useState<Job>();
  useEffect(reload, [today]);
  return (
    <section class="card flush">
      <header>
        <h2>
          {t('today.jobs')} {code !== undefined && <span class="mono muted">{code}</span>}
        </h2>
        <Segmented
          label={t('today.jobs')}
          value={wanted}
          options={STATES.map((each) => ({
            value: each,
            label: each === '' ? t('devices.all') : t(`job.${each}`),
          }))}
          onChange={(show) => {
            go(link(['today'], { show }));
          }}
        />
      </header>
      {failure !== undefined && (
        <div class="list-note">
          <FailureNote failure={failure} />
        </div>
      )}
      {value === undefined && failure === undefined && (
        <div class="list-note">
          <Skeleton lines={3} />
        </div>
      )}
      {value?.length === 0 && <p class="muted list-note">{t('today.noJobs')}</p>}
      {value !== undefined && value.length > 0 && <JobTable jobs={value} onOpen={setOpen} />}
      {value?.length === shown && shown < KEPT && (
        <p class="list-more">
          <button type="button" class="button" onClick={() => setShown(KEPT)}>
            {t('devices.more')}
          </button>
        </p>
      )}
      {open !== undefined && <JobDetails job={open} onClose={() => setOpen(undefined)} />}
    </section>
  );
}

function JobTable({ jobs, onOpen }: { jobs: readonly Job[]; onOpen: (job: Job) => void }): JSX.Element {
  return (
    <div class="table-scroll">
      <table class="table cards">
        <thead>
          <tr>
            <th scope="col">{t('fact.started')}</th>
            <th scope="col">{t('today.slot')}</th>
            <th scope="col">{t('today.result')}</th>
            <th scope="col">MAC</th>
            <th scope="col">{t('today.cause')}</th>
            <th scope="col" class="number">
              {t('fact.took')}
            </th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <Row key={job.id} job={job} onOpen={onOpen} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const TONES: Record<Job['state'], Tone> = {
  running: 'accent',
  passed: 'pass',
  failed: 'fail',
  cancelled: 'warn',
  interrupted: 'warn',
};

function Row({ job, onOpen }: { job: Job; onOpen: (job: Job) => void }): JSX.Element {
  const open = (): void => onOpen(job);
  const icon = job.state === 'passed' ? 'check' : job.state === 'failed' ? 'cross' : 'clock';
  return (
    <tr class="clickable" onClick={open}>
      <th scope="row">
        <button type="button" class="as-link" onClick={open}>
          {formatClock(job.startedAt, currentLocale())}
        </button>
      </th>
      <td data-name={t('today.slot')}>{job.slot}</td>
      <td data-name={t('today.result')}>
        <Badge tone={TONES[job.state]} icon={icon}>
          {t(`job.${job.state}`)}
        </Badge>
      </td>
      <td data-name="MAC" class="mono">
        {job.mac ?? ''}
      </td>
      <td data-name={t('today.cause')} class="mono">
        {job.failure?.code ?? ''}
      </td>
      <td data-name={t('fact.took')} class="number">
        {job.durationMs === undefined ? '' : formatDuration(job.durationMs, currentLocale())}
      </td>
    </tr>
  );
}
