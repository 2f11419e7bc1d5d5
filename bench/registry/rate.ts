// Calls a second.
const SECONDS = 5;

/** Of `workers` loops together, for some seconds. */
export async function rate(workers: number, call: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  const until = started + SECONDS * 1000;
  let calls = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() < until) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: workers }, loop));
  return calls / ((performance.now() - started) / 1000);
}
