// `node --import …`: notes when a process kept its event loop busy for over 100 ms. Time in which other programs had the
// processor does not count: a stall is as long as the processor time that its thread used in it.
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { loopTimeMs } from './loop-time.mjs';

const LONGEST_MS = 100;
const file = process.env.ESPMINT_SOAK_STALLS;
let [wall, own, request] = [performance.now(), loopTimeMs(), 'none yet'];
subscribe('http.server.request.start', (message) => {
  request = `${message.request.method} ${message.request.url}`.slice(0, 300);
});
let isStarted = false;
setInterval(() => {
  const busyMs = Math.round(Math.min(performance.now() - wall, loopTimeMs() - own));
  // Loading the program is no stall: nobody is served yet.
  isStarted ||= request !== 'none yet';
  if (isStarted && busyMs > LONGEST_MS) appendFileSync(file, `${JSON.stringify({ busyMs, request })}\n`);
  [wall, own] = [performance.now(), loopTimeMs()];
}, 5).unref();
