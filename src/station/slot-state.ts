// How the state of a slot follows from what the flow tells of its board.
import type { ActionNeeded, ProvisionEvent, ProvisionResult } from '../core/stages.js';
import type { PendingAction, RunningSlot, SlotState } from './events.js';

/** A board whose run begins now. */
export function beginRun(port: string, run: number): RunningSlot {
  return { state: 'running', port, run, attempt: 1, stage: 'connect', removed: false, scanning: false };
}

/** Pure. What does not show in the state leaves it as it is. */
export function advanceRun(slot: RunningSlot, event: ProvisionEvent): RunningSlot {
  switch (event.type) {
    case 'attempt':
      return withoutPercent({ ...slot, attempt: event.attempt, stage: 'connect' });
    case 'stage':
      return event.state === 'started' ? withoutPercent({ ...slot, stage: event.stage }) : slot;
    case 'progress':
      return { ...slot, stage: event.stage, percent: event.percent };
    case 'chip':
      return { ...slot, mac: event.facts.mac };
    case 'identity':
      return { ...slot, mac: event.mac, uuid: event.uuid };
    case 'action':
      return { ...slot, action: actionOf(event) };
    case 'firmware':
    case 'nvs':
    case 'warning':
    case 'result':
      return slot;
  }
}

/** By the clock, so that whoever looks later knows what is left. */
export function actionOf({ action, withinMs }: ActionNeeded): PendingAction {
  return {
    what: action,
    ...(withinMs === undefined ? {} : { until: new Date(Date.now() + withinMs).toISOString() }),
  };
}

/** A new stage has no progress yet. */
function withoutPercent(slot: RunningSlot): RunningSlot {
  const { state, port, run, attempt, stage, mac, uuid, removed, scanning } = slot;
  return {
    state,
    port,
    run,
    attempt,
    stage,
    ...(mac === undefined ? {} : { mac }),
    ...(uuid === undefined ? {} : { uuid }),
    removed,
    scanning,
  };
}

/** The last try may not have got as far as one before it: whose board it was is known all the same. */
export function withBoard(result: ProvisionResult, state: SlotState): ProvisionResult {
  if (result.ok || result.mac !== undefined || state.state !== 'running') return result;
  const { mac, uuid } = state;
  return { ...result, ...(mac === undefined ? {} : { mac }), ...(uuid === undefined ? {} : { uuid }) };
}
