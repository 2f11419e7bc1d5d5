// Two kinds of tests: unit (beside the code, in-process) and system (real processes and foreign tools).
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Campaigns and whole lines take longest: begun last, they would run alone while the other cores have nothing to do. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = [
      /\/test\/(soak|e2e)\//,
      /\/test\/(registry|conformance|web)\//,
      /\/(test|src\/(provision|wifi|driver|service))\//,
      /./,
    ];
    const rank = ({ moduleId }: TestSpecification): number =>
      order.findIndex((place) => place.test(moduleId));
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // A limit for what never comes, not a measure of speed: a loaded machine is late, not wrong.
    expect: { poll: { timeout: 10_000 } },
    // More than the two cores of a small machine: more than half of a test's time it waits for a board, a process or a deadline.
    maxWorkers: 5,
    // On a machine that others share: a second try, which scripts/retried-reporter.mjs names, so that it is mended.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    // Each file with modules of its own would load most of the program three hundred times.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          // Torn down in the reverse order.
          globalSetup: ['test/support/sweep-root-databases.ts', 'test/support/quick-postgres.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
