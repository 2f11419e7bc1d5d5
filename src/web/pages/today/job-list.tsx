// The jobs behind the figures: newest first, by result or by cause, each with all its details.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Job } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatClock, formatDuration } from '../../format/format.js';
import { t } from '../../i18n/translate.js';
import { go, link } from '../../router.js';
import { useStore } from '../../store/store.js';
import { ListCard } from '../../ui/list-card.js';
import { useLoad } from '../../ui/load.js';
import { Badge, Segmented, type Tone } from '../../ui/parts.js';
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
    <>
      <ListCard<Job>
        title={
          <>
            {t('today.jobs')} {code !== undefined && <span class="mono muted">{code}</span>}
          </>
        }
        aside={
          <Segmented
            label={t('today.jobs')}
            value={wanted}
            options={STATES.map((each) => ({
              value: each,
              label: each === '' ? t('devices.all') : t(`job.${each}`),
            }))}
            onChange={(show) => go(link(['today'], { show }))}
          />
        }
        rows={value}
        failure={failure}
        none={t('today.noJobs')}
        keyOf={({ id }) => id}
        onOpen={setOpen}
        columns={[
          { name: t('fact.started'), cell: ({ startedAt }) => formatClock(startedAt) },
          { name: t('today.slot'), cell: ({ slot }) => slot },
          { name: t('today.result'), cell: ({ state: result }) => <Result state={result} /> },
          { name: 'MAC', cell: ({ mac }) => <span class="mono">{mac}</span> },
          { name: t('today.cause'), cell: (job) => <span class="mono">{job.failure?.code}</span> },
          {
            name: t('fact.took'),
            number: true,
            cell: ({ durationMs }) => durationMs !== undefined && formatDuration(durationMs),
          },
        ]}
        more={
          value?.length === shown &&
          shown < KEPT && (
            <button type="button" class="button" onClick={() => setShown(KEPT)}>
              {t('devices.more')}
            </button>
          )
        }
      />
      {open !== undefined && <JobDetails job={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}

const TONES: Record<Job['state'], Tone> = {
  running: 'accent',
  passed: 'pass',
  failed: 'fail',
  cancelled: 'warn',
  interrupted: 'warn',
};

function Result({ state }: Pick<Job, 'state'>): JSX.Element {
  return (
    <Badge tone={TONES[state]} icon={state === 'passed' ? 'check' : state === 'failed' ? 'cross' : 'clock'}>
      {t(`job.${state}`)}
    </Badge>
  );
}
