// Targets, their state and dead deliveries as lines for people.
import { shownTime } from '../../output/format.js';
import type { DeadPush, PushTarget, PushTargetStatus } from '../../../registry/index.js';
import { printable } from '../../output/printable.js';
import type { ListForm } from '../../output/show.js';

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

export const TARGETS: ListForm<PushTarget> = {
  type: 'push-target',
  heads: ['NAME', 'KIND', 'KEYS', 'STATE', 'ADDRESS'],
  cells: (to) => [
    to.name,
    to.kind,
    to.sendsKeys ? 'are sent' : undefined,
    to.paused ? 'paused' : 'active',
    to.address,
  ],
};

export const STATUS: ListForm<PushTargetStatus> = {
  type: 'push-status',
  heads: ['NAME', 'PENDING', 'DEAD', 'STATE', 'DELIVERED', 'TRIED AGAIN', 'ERROR'],
  cells: ({ name, pending, dead, paused, lastDelivered, lastError, retryAt }) => {
    const state = paused ? 'paused' : retryAt === undefined ? 'active' : 'out of order';
    const [delivered, again] = [lastDelivered, retryAt].map((at) => (at === undefined ? at : shownTime(at)));
    return [name, String(pending), String(dead), state, delivered, again, lastError?.message];
  },
};

export const DEAD: ListForm<DeadPush> = {
  type: 'dead-push',
  heads: ['ID', 'ENDED', 'TARGET', 'EVENT', 'DEVICE', 'TRIES', 'ERROR'],
  cells: (one) => [
    one.id,
    shownTime(one.endedAt),
    one.target,
    one.event,
    one.mac,
    String(one.tries),
    one.message,
  ],
};
