// One process of the kill test: delivers until it is killed.
//   node push-worker.mjs DATA_DIR LEASE_MS
import { openPushes } from '../../dist/registry/index.js';

const [dataDir, leaseMs] = process.argv.slice(2);
const pushes = await openPushes({ dataDir, pace: { leaseMs: Number(leaseMs), pollMs: 20 } });
await pushes.deliverUntil({ signal: new AbortController().signal });
