// Does something now and again and again, one at a time, until it is asked to stop.

/**
 * @param onFailure called with a failure once, until the work succeeds again
 * @returns `stop` resolves when no work is in progress any more
 */
export function repeatEvery(
  intervalMs: number,
  work: () => Promise<void>,
  onFailure: (error: unknown) => void,
): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let failing = false;
  let stopped = false;
  const turn = async (): Promise<void> => {
    try {
      await work();
      failing = false;
    } catch (error) {
      if (!failing) onFailure(error);
      failing = true;
    }
    if (stopped) return;
    timer = setTimeout(() => {
      current = turn();
    }, intervalMs);
  };
  let current = turn();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
