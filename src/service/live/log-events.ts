// What the log tells of live events: each job once when it begins and once when it ends, and each outage with its end.
import type { Job, LiveEvent } from '../contract/index.js';
import type { ServiceLog } from '../log.js';

/** Returns what is to be written of each event. */
export function logEvents(log: ServiceLog): (event: LiveEvent) => void {
  const running = new Set<string>();
  let isAway = false;
  return (event) => {
    if (event.type === 'job') tellJob(log, running, event.job);
    else if (event.type === 'registry' && event.ok === isAway) {
      isAway = !event.ok;
      log.warn({ registry: event.ok }, event.ok ? 'the registry is back' : 'the registry cannot be reached');
    } else if (event.type === 'stopping') log.info({}, 'the service stops');
  };
}

function tellJob(log: ServiceLog, running: Set<string>, job: Job): void {
  const { id, port, mac, uuid, state, batch, startedBy, durationMs, failure } = job;
  const isNew = !running.has(id);
  if (state === 'running') {
    running.add(id);
    if (isNew) log.info({ job: id, port, startedBy, batch }, 'job begun');
    // A job that was taken note of, or was left by an earlier process, has been written before.
  } else if (running.delete(id) || state === 'interrupted') {
    const how = { job: id, port, mac, uuid, batch, state, durationMs: durationMs && Math.round(durationMs) };
    log.info({ ...how, stage: failure?.stage, code: failure?.code }, 'job ended');
  }
}
