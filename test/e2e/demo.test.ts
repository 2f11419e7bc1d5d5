// `espmint demo --once`: what a newcomer runs first.
import { describe, expect, it } from 'vitest';
import { espmint, resultsOf } from '../support/cli.js';

describe('the demo', () => {
  it('provisions four virtual boards and prints a table of who they are and where the time went', async () => {
    const run = await espmint(['demo', '--once']);
    expect(run.code).toBe(0);
    expect(run.stdout.split('\n')[0]).toMatch(/^PORT +CHIP +MAC +UUID +RESULT/);
    expect(run.stdout.match(/✓ PASS/g)).toHaveLength(4);
    expect(run.stdout).toMatch(/ms: connect \d+, inspect \d+, .*, confirm \d+/);
    expect(run.stdout).toContain('a4:cf:12:34:56:78  110e3dc9-fa05-568f-a05a-98d00891029d');
  });

  it('prints events for programs with --json', async () => {
    const run = await espmint(['demo', '--once', '--json']);
    expect(resultsOf(run).filter(({ ok }) => ok)).toHaveLength(4);
  });
});
