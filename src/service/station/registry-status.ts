// Whether a registry answers, and how fast.
import { type EspmintError, toEspmintError } from '../../core/errors/index.js';
import type { Registry } from '../../registry/index.js';
import { paramsOf } from '../http/errors.js';
import type { RegistryStatus } from '../contract/index.js';

/** Never throws: what is wrong is the answer. */
export async function registryStatus(registry: Registry): Promise<RegistryStatus> {
  const elapsed = stopwatch();
  const { reachable: ok, failure, spool = [], ...waiting } = await registry.status();
  const { description } = registry;
  const faults = spool.map(({ code, details, message }) => ({ code, params: { ...details }, message }));
  return { ok, description, durationMs: elapsed(), ...saidOf(failure), spool: faults, ...waiting };
}

/** What is wrong, as words and as values for other languages. */
function saidOf(failure: EspmintError | undefined): Pick<RegistryStatus, 'code' | 'message' | 'params'> {
  if (failure === undefined) return {};
  const { code, message } = failure;
  return { code, message, params: paramsOf(failure) };
}

/** Times one look at a registry of that description. */
export async function measure(description: string, look: () => Promise<void>): Promise<RegistryStatus> {
  const elapsed = stopwatch();
  try {
    await look();
    return { ok: true, description, durationMs: elapsed() };
  } catch (thrown) {
    return { ok: false, description, durationMs: elapsed(), ...saidOf(toEspmintError(thrown)) };
  }
}

/** Milliseconds since its start, to a tenth. */
export function stopwatch(): () => number {
  const started = performance.now();
  return () => Math.round((performance.now() - started) * 10) / 10;
}
