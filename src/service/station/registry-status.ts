// Whether a registry answers, and how fast.
import { toEspmintError } from '../../core/errors/index.js';
import type { Registry } from '../../registry/index.js';
import type { RegistryStatus } from '../contract/index.js';

/** Never throws: what is wrong is the answer. */
export async function registryStatus(registry: Registry): Promise<RegistryStatus> {
  const elapsed = stopwatch();
  const { reachable: ok, reason: message, spool = [], ...waiting } = await registry.status();
  const { description } = registry;
  const faults = spool.map(({ code, details, message: text }) => ({
    code,
    params: { ...details },
    message: text,
  }));
  return { ok, description, durationMs: elapsed(), message, spool: faults, ...waiting };
}

/** Times one look at a registry of that description. */
export async function measure(description: string, look: () => Promise<void>): Promise<RegistryStatus> {
  const elapsed = stopwatch();
  try {
    await look();
    return { ok: true, description, durationMs: elapsed() };
  } catch (thrown) {
    const { code, message } = toEspmintError(thrown);
    return { ok: false, description, durationMs: elapsed(), code, message };
  }
}

/** Milliseconds since its start, to a tenth. */
export function stopwatch(): () => number {
  const started = performance.now();
  return () => Math.round((performance.now() - started) * 10) / 10;
}
