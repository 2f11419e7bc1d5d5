// The contract over every home that a registry can have.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openKeyFile, openRegistry, type Registry } from '../../src/registry/index.js';
import { toolAvailable } from '../support/reference-tools.js';
import { attemptsContract } from './attempts-contract.js';
import { registryContract } from './contract.js';
import { otherPostgresBin } from './other-postgres.js';
import { searchContract } from './search-contract.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-contract-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function contracts(kind: string, open: () => Promise<Registry>): void {
  registryContract(kind, open);
  attemptsContract(kind, open);
  searchContract(kind, open);
}

contracts('the embedded PostgreSQL', () => openRegistry({ dataDir: join(folder, 'embedded') }));

const binDir = otherPostgresBin();
if (toolAvailable('a PostgreSQL of another major version', binDir)) {
  contracts(`the PostgreSQL of ${binDir}`, () => openRegistry({ dataDir: join(folder, 'other'), binDir }));
}

contracts('a key file', () => openKeyFile(join(folder, 'keys.jsonl')));
