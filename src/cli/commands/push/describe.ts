// Targets, their state and dead deliveries as lines for people.
import { shownTime } from '../../output/format.js';
import type { DeadPush, PushTarget, PushTargetStatus } from '../../../registry/index.js';
import { printable } from '../../output/printable.js';

/** Several lines; the other side and other programs have written into some of them. */
export function describeTarget(target: PushTarget): string {
  const { name, kind, address, statement, events, sendsKeys, paused, createdAt, createdBy } = target;
  const lines = [
    `name     ${name}${paused ? ' (paused)' : ''}`,
    `kind     ${kind}`,
    `address  ${printable(address)}`,
    `events   ${events.join(', ')}`,
    `keys     ${sendsKeys ? 'are sent' : 'are not sent'}`,
    `added    ${shownTime(createdAt)} by ${printable(createdBy)}`,
    ...(statement === undefined ? [] : ['', ...statement.split('\n').map((line) => printable(line))]),
  ];
  return `${lines.join('\n')}\n`;
}

export function targetLine({ name, kind, address, sendsKeys, paused }: PushTarget): string {
  const marks = [...(sendsKeys ? ['with keys'] : []), ...(paused ? ['paused'] : [])].join(', ');
  return `${`${name.padEnd(16)}  ${kind.padEnd(7)}  ${printable(address)}  ${marks}`.trimEnd()}\n`;
}

export function statusLine(status: PushTargetStatus): string {
  const { name, pending, dead, paused, lastDelivered, lastError, retryAt } = status;
  const marks = [
    ...(paused ? ['paused'] : []),
    ...(retryAt === undefined ? [] : [`out of order, tried again at ${shownTime(retryAt)}`]),
    ...(lastDelivered === undefined ? [] : [`last delivered ${shownTime(lastDelivered)}`]),
  ].join('; ');
  const line = `${name.padEnd(16)}  ${pending} pending, ${dead} dead  ${marks}`.trimEnd();
  return `${line}\n${lastError === undefined ? '' : `  ${printable(lastError)}\n`}`;
}

export function deadLine({ id, target, event, mac, tries, endedAt, message }: DeadPush): string {
  const line = `${id.padEnd(6)}  ${shownTime(endedAt)}  ${target}  ${event} ${mac}  after ${tries} tries`;
  return `${line}\n  ${printable(message)}\n`;
}
