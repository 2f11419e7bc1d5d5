// Looks for plugged and unplugged boards once a second: no platform tells of serial ports without being asked.
const INTERVAL_MS = 1000;

/** Looks now and from then on; failures are reported once until a look succeeds again. */
export function watchPorts(
  look: () => Promise<void>,
  onFailure: (error: unknown) => void,
  intervalMs = INTERVAL_MS,
): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let failing = false;
  let stopped = false;
  const turn = async (): Promise<void> => {
    try {
      await look();
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
