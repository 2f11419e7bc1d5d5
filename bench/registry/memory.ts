// Memory of the embedded server's processes.
import { readdirSync, readFileSync } from 'node:fs';

/** Proportional share of all processes that run on `dataDir`, MiB; undefined where /proc does not tell. */
export function serverMemoryMiB(dataDir: string): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const postmaster = postmasterOf(dataDir);
  let kibibytes = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (Number(pid) !== postmaster && parentOf(pid) !== postmaster) continue;
      kibibytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      continue; // It has ended in between.
    }
  }
  return kibibytes === 0 ? undefined : kibibytes / 1024;
}

function postmasterOf(dataDir: string): number {
  return Number(readFileSync(`${dataDir}/postgres/cluster/postmaster.pid`, 'utf8').split('\n')[0]);
}

function parentOf(pid: string): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
