// Mass generation as a process that is killed without warning, and run again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { verifyNvs } from '../../src/core/nvs/index.js';
import { espmint, scratchDir } from '../support/cli.js';
import { ROOT } from '../support/reference-tools.js';

const scratch = scratchDir('nvs-mass');
afterAll(() => scratch.remove());

const ROWS = 2500;
const config = join(scratch.path, 'config.csv');
const values = join(scratch.path, 'values.csv');

function massArgs(outDir: string): string[] {
  return [
    'nvs',
    'mass',
    config,
    values,
    '--out-dir',
    outDir,
    '--size',
    '0x3000',
    '--file-id',
    'serial',
    '--json',
  ];
}

/** The names of the finished images: one that is still written has another ending. */
function imagesIn(outDir: string): string[] {
  const bin = join(outDir, 'bin');
  return existsSync(bin) ? readdirSync(bin).filter((name) => name.endsWith('.bin')) : [];
}

/** Starts a run and kills it once so many images are there. */
async function killAfter(images: number, outDir: string): Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, 'bin/espmint.js'), ...massArgs(outDir)], {
    stdio: 'ignore',
  });
  const ended = once(child, 'close');
  const deadlineMs = performance.now() + 60_000;
  while (performance.now() < deadlineMs && imagesIn(outDir).length < images) await setTimeout(5);
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
}

describe('espmint nvs mass', () => {
  it('killed twice and run again makes what an undisturbed run makes, and no half image', async () => {
    const rows = Array.from({ length: ROWS }, (_, i) => `S${i},${'ab'.repeat(16)}${i}`);
    writeFileSync(config, 'app,namespace,\nserial,data,string\npsk,data,string\n');
    writeFileSync(values, ['serial,psk', ...rows, ''].join('\n'));
    const [disturbed, undisturbed] = [join(scratch.path, 'a'), join(scratch.path, 'b')];
    mkdirSync(disturbed);

    await killAfter(300, disturbed);
    await killAfter(1200, disturbed);
    const whole = imagesIn(disturbed);
    expect(whole.every((name) => verifyNvs(readFileSync(join(disturbed, 'bin', name))).ok)).toBe(true);

    const resumed = await espmint(massArgs(disturbed));
    expect(resumed.records[0]).toMatchObject({ type: 'mass' });
    const { made, kept } = resumed.records[0] as unknown as { made: number; kept: number };
    expect(made + kept).toBe(ROWS);
    expect(kept).toBe(whole.length);
    expect(kept).toBeGreaterThanOrEqual(1200);

    await espmint(massArgs(undisturbed));
    expect(readFileSync(join(disturbed, 'manifest.csv'), 'utf8')).toBe(
      readFileSync(join(undisturbed, 'manifest.csv'), 'utf8'),
    );
    // Also the hidden drafts of killed runs are gone.
    const filesIn = (folder: string): string[] => readdirSync(join(folder, 'bin')).sort();
    expect(filesIn(disturbed)).toEqual(filesIn(undisturbed));
  });
});
