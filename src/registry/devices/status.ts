// Which status a device can have: ours, and whatever other programs wrote into the table.
import { EspmintError } from '../../core/errors/index.js';
import type { Registry } from '../registry.js';

const STATUSES = ['pending', 'provisioned', 'removed'];

/**
 * A filter for a status that nobody has is a slip, not an empty list.
 *
 * @throws INPUT_INVALID
 */
export async function checkStatus(
  registry: Pick<Registry, 'list'>,
  status: string | undefined,
): Promise<void> {
  if (status === undefined || STATUSES.includes(status)) return;
  if ((await registry.list({ status, limit: 1 })).devices.length > 0) return;
  throw new EspmintError('INPUT_INVALID', {
    field: 'status',
    reason: `is "${status.slice(0, 40)}", which no device has`,
    hint: `give one of ${STATUSES.join(', ')}`,
  });
}
