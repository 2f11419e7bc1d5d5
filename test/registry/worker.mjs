// One espmint process of the many-processes test: opens the registry, provisions boards on paper, leaves. It writes one
// line for each key that a chip would now hold, AFTER the registry has said that the key is stored.
//   node worker.mjs DATA_DIR FIRST_BOARD BOARDS LEAVE      LEAVE: close | vanish
// With ESPMINT_DATABASE_URL it works with that server.
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRegistry } from '../../dist/registry/index.js';

const [dataDir, first, boards, leave] = process.argv.slice(2);
const databaseUrl = process.env.ESPMINT_DATABASE_URL;
const registry = await openRegistry({
  dataDir,
  databaseUrl,
  secrets: 'plain',
  timeoutMs: 60_000,
  whenDown: 'stop',
});
for (let board = Number(first); board < Number(first) + Number(boards); board++) {
  const tail = board.toString(16).padStart(6, '0');
  const mac = `a4:cf:12:${tail.match(/../g).join(':')}`;
  const uuid = `110e3dc9-fa05-568f-a05a-98d002${tail}`;
  const reservation = await registry.reserve({
    mac,
    uuid,
    caUrl: 'https://ca.example.com',
    policy: 'rotate',
  });
  writeSync(1, `flashed ${mac} ${reservation.psk}\n`);
  await sleep(Math.random() * 10);
  if (Math.random() < 0.7) {
    await registry.confirm(reservation.id, {
      image: { offsetBytes: 0x9000, sizeBytes: 0x6000, md5: '0'.repeat(32), sha256: '0'.repeat(64) },
    });
    writeSync(1, `confirmed ${mac} ${reservation.psk}\n`);
  }
}
if (leave === 'close') await registry.close();
else process.exit(0);
