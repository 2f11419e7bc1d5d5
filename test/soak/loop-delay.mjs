// `node --import …`, with an IPC channel: says on request for how long the event loop was kept waiting since the last one.
// On a computer that others use too the delay alone says little: the processor time of its thread in the same while is
// the most that it can have caused itself.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { loopTimeMs } from './loop-time.mjs';

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
let longestBusyMs = 0;
let [wall, own] = [performance.now(), loopTimeMs()];
setInterval(() => {
  const busyMs = Math.min(performance.now() - wall, loopTimeMs() - own);
  longestBusyMs = Math.max(longestBusyMs, busyMs);
  [wall, own] = [performance.now(), loopTimeMs()];
}, 2).unref();
process.on('message', () => {
  // One more turn: what blocked until now must have been seen by both.
  setTimeout(() => {
    process.send({ delayMs: delay.max / 1e6, busyMs: longestBusyMs });
    delay.reset();
    longestBusyMs = 0;
  }, 10);
});
process.channel.unref();
