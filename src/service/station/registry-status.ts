// Whether a registry answers, and how fast.
import { toEspmintError } from '../../core/errors/index.js';
import type { Registry } from '../../registry/index.js';
import type { RegistryStatus } from '../contract/index.js';

/** Never throws: what is wrong is the answer. */
export async function registryStatus(registry: Registry): Promise<RegistryStatus> {
  return measure(registry.description, async () => {
    await registry.list({ limit: 1 });
  });
}

/** Times one look at a registry of that description. */
export async function measure(description: string, look: () => Promise<void>): Promise<RegistryStatus> {
  const started = performance.now();
  const elapsed = (): number => Math.round((performance.now() - started) * 10) / 10;
  try {
    await look();
    return { ok: true, description, durationMs: elapsed() };
  } catch (thrown) {
    const { code, message } = toEspmintError(thrown);
    return { ok: false, description, durationMs: elapsed(), code, message };
  }
}
