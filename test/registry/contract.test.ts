// The contract over every home that a registry can have.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openKeyFile, openRegistry } from '../../src/registry/index.js';
import { judgeAvailable } from '../support/judges.js';
import { registryContract } from './contract.js';
import { otherPostgresBin } from './other-postgres.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-contract-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

registryContract('the embedded PostgreSQL', () => openRegistry({ dataDir: join(folder, 'embedded') }));

const binDir = otherPostgresBin();
if (judgeAvailable('a PostgreSQL of another major version', binDir)) {
  registryContract(`the PostgreSQL of ${binDir}`, () =>
    openRegistry({ dataDir: join(folder, 'other'), binDir }),
  );
}

registryContract('a key file', () => openKeyFile(join(folder, 'keys.jsonl')));
