// Targets, their state and dead deliveries as lines for people.
import { shownTime } from '../../output/format.js';
import type { DeadPush, PushTarget, PushTargetStatus } from '../../../registry/index.js';
import { printable } from '../../output/printable.js';
import type { Row } from '../../output/table.js';

/** Several lines; the other side and other programs have written into some of them. */
export function describeTarget(target: PushTarget): string {
  const { name, kind, address, statement, events, sendsKeys, values, paused, createdAt, createdBy } = target;
  const lines = [
    `name     ${name}${paused ? ' (paused)' : ''}`,
    `kind     ${kind}`,
    `address  ${printable(address)}`,
    `events   ${events.join(', ')}`,
    `keys     ${sendsKeys ? 'are sent' : 'are not sent'}`,
    ...(values === undefined ? [] : [`values   ${printable(values)}`]),
    `added    ${shownTime(createdAt)} by ${printable(createdBy)}`,
    ...(statement === undefined ? [] : ['', ...statement.split('\n').map((line) => printable(line))]),
  ];
  return `${lines.join('\n')}\n`;
}

export const TARGET_HEADINGS = ['NAME', 'KIND', 'KEYS', 'STATE', 'ADDRESS'];

export function targetCells({ name, kind, address, sendsKeys, paused }: PushTarget): Row {
  return [name, kind, sendsKeys ? 'are sent' : undefined, paused ? 'paused' : 'active', address];
}

export const STATUS_HEADINGS = ['NAME', 'PENDING', 'DEAD', 'STATE', 'DELIVERED', 'TRIED AGAIN', 'ERROR'];

export function statusCells(status: PushTargetStatus): Row {
  const { name, pending, dead, paused, lastDelivered, lastError, retryAt } = status;
  const state = paused ? 'paused' : retryAt === undefined ? 'active' : 'out of order';
  const [delivered, again] = [lastDelivered, retryAt].map((at) => (at === undefined ? at : shownTime(at)));
  return [name, String(pending), String(dead), state, delivered, again, lastError?.message];
}

export const DEAD_HEADINGS = ['ID', 'ENDED', 'TARGET', 'EVENT', 'DEVICE', 'TRIES', 'ERROR'];

export function deadCells({ id, target, event, mac, tries, endedAt, message }: DeadPush): Row {
  return [id, shownTime(endedAt), target, event, mac, String(tries), message];
}
