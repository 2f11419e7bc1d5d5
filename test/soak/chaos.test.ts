// A shift of chaos at a station: ESPMINT_CHAOS_BOARDS, _SLOTS, _SEED and _RUN_TIMEOUT_MS choose how much, and which.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runChaos } from './chaos.js';

const number = (name: string, otherwise: number): number =>
  Number(process.env[`ESPMINT_CHAOS_${name}`] ?? otherwise);
const BOARDS = number('BOARDS', 12);
const SLOTS = number('SLOTS', 16);
const SEED = number('SEED', 1);
const RUN_TIMEOUT_MS = number('RUN_TIMEOUT_MS', 8000);
/** Where a long shift leaves its table. */
const REPORT = process.env['ESPMINT_CHAOS_REPORT'];

it(
  `${BOARDS} boards in chaos: no false pass, no lost key, no slot stuck, and the batch counts right`,
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'espmint-chaos-'));
    let told = 0;
    const onProgress = (done: number): void => {
      if (REPORT === undefined || done < told + 100) return;
      told = done;
      console.log(`${done} boards`);
    };
    try {
      const sizes = { boards: BOARDS, slots: SLOTS, seed: SEED, runTimeoutMs: RUN_TIMEOUT_MS };
      const report = await runChaos({ ...sizes, dataDir, onProgress });
      if (REPORT !== undefined) {
        writeFileSync(REPORT, `${JSON.stringify(report, null, 2)}\n`);
        console.log(report);
      }
      expect(report.broken).toEqual([]);
      expect(report.passes).toBeGreaterThan(BOARDS / 2);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
  120_000 + BOARDS * 5_000,
);
