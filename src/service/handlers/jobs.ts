// Jobs: start, watch, cancel, repeat.
import type { ServiceCore } from '../core.js';
import { EspmintError } from '../../core/errors/index.js';
import type { Call, Handlers } from '../http/operations.js';

type JobHandlers = Pick<
  Handlers,
  'startJobs' | 'listJobs' | 'getJob' | 'cancelJob' | 'retryJob' | 'acknowledgeJob'
>;

export function jobHandlers({ jobs, starter }: ServiceCore): JobHandlers {
  return {
    startJobs: async ({ body }, call) => ({ jobs: await starter.start(body, nameOf(call)) }),
    listJobs: ({ query: { state, port, code, limit } }) => ({
      jobs: jobs
        .list()
        .filter((job) => state === undefined || job.state === state)
        .filter((job) => port === undefined || job.port === port)
        .filter((job) => code === undefined || job.failure?.code === code)
        .slice(0, limit),
    }),
    getJob: ({ params }) => jobs.get(params.id),
    cancelJob: ({ params }) => jobs.cancel(params.id),
    retryJob: ({ params }, call) => {
      const job = jobs.get(params.id);
      if (job.state === 'running') throw new EspmintError('JOB_RUNNING', { id: job.id });
      return starter.retry(job, nameOf(call));
    },
    acknowledgeJob: ({ params }) => jobs.acknowledge(params.id),
  };
}

function nameOf({ identity }: Call): string {
  return identity?.name ?? 'unknown';
}
