// The ship check as a run of a station: the same events and the same kind of result as a run that writes.
import { conflictOf, EspmintError, toEspmintError } from '../../core/errors/index.js';
import type { ChipFacts, ProvisionEvent, ProvisionResult, Stage } from '../../core/stages.js';
import { checkBoard, type BoardCheck } from './check-board.js';
import type { CheckParts } from './check-parts.js';
import type { ProvisionOptions } from '../provision-device.js';
import type { ProvisionPlan } from '../plan/plan.js';

/** The registry is asked for each board: what it cannot tell is never taken for a pass. */
type CheckRunParts = CheckParts & { readonly registry: NonNullable<CheckParts['registry']> };

/**
 * Checks the board at one port before it leaves; writes nothing to it. Never throws: every ending is a result event, which
 * is also returned. What was found is in the audit trail.
 */
export async function checkDevice(
  port: string,
  plan: ProvisionPlan,
  parts: CheckRunParts,
  { onEvent: emit = () => undefined, signal, origin = {} }: ProvisionOptions = {},
): Promise<ProvisionResult> {
  const started = performance.now();
  const stagesMs: Partial<Record<Stage, number>> = {};
  let stage: Stage = 'connect';
  let beganAt = started;
  const begin = (next: Stage): void => {
    [stage, beganAt] = [next, performance.now()];
    emit({ type: 'stage', port, stage, state: 'started' });
  };
  const end = (state: 'done' | 'failed'): void => {
    const durationMs = performance.now() - beganAt;
    stagesMs[stage] = durationMs;
    emit({ type: 'stage', port, stage, state, durationMs });
  };
  const known: { facts?: ChipFacts; mac?: string; uuid?: string } = {};
  const connect: CheckParts['connect'] = async (address, how) => {
    const board = await parts.connect(address, how);
    const { facts } = board;
    Object.assign(known, { facts, mac: facts.mac });
    end('done');
    emit({ type: 'chip', port, facts });
    begin('verify');
    return board;
  };
  const finish = (result: ProvisionResult & ProvisionEvent): ProvisionResult => {
    emit(result);
    return result;
  };
  emit({ type: 'attempt', port, attempt: 1, of: 1 });
  begin('connect');
  try {
    const check = await checkBoard(
      port,
      plan,
      { ...parts, connect },
      {
        signal,
        onWarning: (warning) => emit({ type: 'warning', port, ...warning }),
        by: { actor: origin.operator ?? origin.station },
      },
    );
    const { mac, uuid, nvs } = check;
    Object.assign(known, { mac, uuid });
    emit({ type: 'identity', port, mac, uuid, known: 'provisioned' });
    if (check.differences.length > 0 || nvs === undefined) throw differs(check);
    end('done');
    const durationMs = performance.now() - started;
    const chip = known.facts?.chip ?? '';
    return finish({ type: 'result', ok: true, port, chip, mac, uuid, image: nvs, durationMs, stagesMs });
  } catch (thrown) {
    const error = toEspmintError(thrown);
    const { code, message, next, retryable } = error;
    end('failed');
    const { mac, uuid } = known;
    const durationMs = performance.now() - started;
    const conflict = conflictOf(error);
    return finish({
      type: 'result',
      ok: false,
      port,
      code,
      message,
      next,
      stage,
      retryable,
      ...(mac === undefined ? {} : { mac }),
      ...(uuid === undefined ? {} : { uuid }),
      ...(conflict === undefined ? {} : { conflict }),
      durationMs,
    });
  }
}

function differs({ port, differences }: BoardCheck): EspmintError {
  const points = differences.map(({ message }) => message);
  return new EspmintError('BOARD_CHECK_FAILED', { port, count: differences.length, points });
}
