// Calls a second.
const SECONDS = 5;

/** Of `workers` loops together, for some seconds. */
export async function rate(
  workers: number,
  call: () => Promise<unknown>,
  seconds = SECONDS,
): Promise<number> {
  const started = performance.now();
  const until = started + seconds * 1000;
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

/** Of each of several, in turns of a second: what else the machine does falls on all of them. */
export async function ratesInTurns<Name extends string>(
  rounds: number,
  runs: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number>> {
  const sums = Object.fromEntries(Object.keys(runs).map((name) => [name, 0])) as Record<Name, number>;
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(runs) as Name[]) sums[name] += (await runs[name]()) / rounds;
  }
  return sums;
}
