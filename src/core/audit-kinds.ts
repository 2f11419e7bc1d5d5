// Kinds of entries of the audit trail: what somebody did, or what happened, to devices, keys, lists, batches and pushes.

export const AUDIT_KINDS = [
  'key revealed',
  'key rotated',
  'key pushed',
  'label printed',
  'device removed',
  'device changed by import',
  'devices imported',
  'board refused',
  'conflict resolved',
  'list entry added',
  'list entry removed',
  'batch units released',
  'batch unit lost',
  'values imported',
  'values row ended',
  'firmware added',
  'firmware removed',
  'board checked',
  'push target added',
  'push target paused',
  'push target resumed',
  'push target removed',
  'dead push retried',
  'dead push discarded',
  'master key rotated',
] as const;
/** The reason that the audit trail gives for a key that was revealed to be printed; pages say it in their language. */
export const LABEL_REASON = 'printed on the label of the device';
export type AuditKind = (typeof AUDIT_KINDS)[number];
