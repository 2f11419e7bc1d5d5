// One process of the campaign of namespaces: stores keys for ever and says each AFTER it was reported as stored. It believes
// that everybody else is gone after a moment without a heartbeat, so that folders of living processes are taken over too.
//   node namespace-writer.mjs FOLDER NAME
import { readdirSync, utimesSync } from 'node:fs';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Log } from '../../../dist/registry/spool/log.js';

const [root, name] = process.argv.slice(2);
const log = new Log(root);
for (let number = 0; ; number++) {
  const key = `${name} ${number}`;
  await log.append(key);
  writeSync(1, `${key}\n`);
  if (Math.random() < 0.2) silenceSomebody();
  if (Math.random() < 0.3) await log.adopt((records) => records);
  await sleep(Math.random() * 5);
}

/** As if a process had slept for long: the clock of its heartbeat is set back. */
function silenceSomebody() {
  const folders = readdirSync(root).filter((folder) => /^\d/.test(folder));
  const folder = folders[Math.floor(Math.random() * folders.length)];
  const longAgo = new Date(Date.now() - 120_000);
  try {
    utimesSync(join(root, folder, 'owner.json'), longAgo, longAgo);
  } catch {
    // It was taken over in this moment.
  }
}
