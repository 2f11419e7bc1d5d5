// Processor time of the thread that runs the event loop. On Linux that of the thread alone: password hashes in the thread
// pool, and the collector of garbage, keep nobody waiting. Elsewhere that of the whole process, which is never less.
import { existsSync, readFileSync } from 'node:fs';

/** proc(5): nanoseconds on a processor, nanoseconds waiting for one, time slices. The main thread bears the process's id. */
const FILE = `/proc/self/task/${process.pid}/schedstat`;
const hasFile = existsSync(FILE);

/** Milliseconds since some moment. */
export function loopTimeMs() {
  if (hasFile) return Number(readFileSync(FILE, 'latin1').split(' ', 1)[0]) / 1e6;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
