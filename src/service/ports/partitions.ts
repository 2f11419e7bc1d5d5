// Partitions as the API shows them: with a word for their kind.
import { hex } from '../../core/text.js';
import { DATA_SUBTYPE, PARTITION_TYPE, type Partition } from '../../core/partition-table.js';
import type { PartitionInfo } from '../contract/index.js';

const DATA_KINDS: Readonly<Record<number, string>> = {
  [DATA_SUBTYPE.ota]: 'ota',
  [DATA_SUBTYPE.phy]: 'phy',
  [DATA_SUBTYPE.nvs]: 'nvs',
  [DATA_SUBTYPE.nvsKeys]: 'nvs keys',
};

export function describePartition(partition: Partition): PartitionInfo {
  return { ...partition, kind: kindOf(partition) };
}

function kindOf({ type, subtype }: Partition): string {
  if (type === PARTITION_TYPE.app) return 'app';
  const known = type === PARTITION_TYPE.data ? DATA_KINDS[subtype] : undefined;
  return known ?? `${hex(type)}/${hex(subtype)}`;
}
