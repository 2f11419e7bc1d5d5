// Jobs: start, watch, cancel, repeat.
import { isSamePort } from '../../driver/index.js';
import type { JOB_OPERATIONS } from '../contract/jobs.js';
import type { ServiceCore } from '../core.js';
import { EspmintError, toEspmintError } from '../../core/errors/index.js';
import { withMoments } from '../http/moments.js';
import type { Call, HandlersOf } from '../http/operations.js';

export function jobHandlers({ jobs, orders, line, ports }: ServiceCore): HandlersOf<typeof JOB_OPERATIONS> {
  return {
    startJobs: async ({ body: { ports: wanted, profile, known } }, call) => {
      const order = await orders.make({ profile, known });
      const begun = await line.start(wanted, { order, startedBy: nameOf(call) });
      // The boards are being flashed: that the choice is not kept must not read as if nothing had begun.
      const unkept = profile === undefined ? undefined : await orders.use(profile).catch(toEspmintError);
      if (unkept === undefined) return { jobs: begun };
      return { jobs: begun, warnings: [{ code: unkept.code, message: unkept.message }] };
    },
    listJobs: ({ query: { state, port, code, limit, ...typed } }) => {
      const { since = '' } = withMoments(typed);
      const found = jobs
        .list()
        .filter(({ endedAt }) => endedAt === undefined || endedAt >= since)
        .filter((job) => state === undefined || job.state === state)
        .filter((job) => port === undefined || isSamePort(job.port, port))
        .filter((job) => code === undefined || job.failure?.code === code)
        .slice(0, limit);
      return { jobs: found };
    },
    getJob: ({ params }) => jobs.get(params.id),
    cancelJob: ({ params }) => {
      const job = jobs.get(params.id);
      line.cancel(job);
      return job;
    },
    retryJob: async ({ params }, call) => {
      const job = jobs.get(params.id);
      if (job.state === 'running') throw new EspmintError('JOB_RUNNING', { id: job.id });
      const order = await orders.make({ profile: job.profile });
      const asked = { order, startedBy: nameOf(call), retryOf: job.id };
      const [again = job] = await line.start([ports.portOf(job)], asked);
      return again;
    },
    acknowledgeJob: ({ params }) => jobs.acknowledge(params.id),
  };
}

function nameOf({ identity }: Call): string {
  return identity?.name ?? 'unknown';
}
