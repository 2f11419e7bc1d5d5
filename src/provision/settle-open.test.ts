// Reservations that a crash has left open: what the chip holds settles them, and no key is lost.
import { beforeEach, describe, expect, it } from 'vitest';
import { MAC, NVS, PLAN, powerCut, pskOn, stagesOf, useFlow, withCalls } from '../../test/support/flow.js';
import type { VirtualBoard } from '../virtual/index.js';
import type { ProvisionPlan } from './plan/plan.js';

const flow = useFlow();
let board: VirtualBoard;
beforeEach(() => {
  board = flow.plug();
});
const run = (plan: ProvisionPlan, of = flow.registry): ReturnType<typeof flow.run> =>
  flow.run(board, { plan, of });

/** Runs until the proof, which is never written down, nor that the run has failed: as if the power had gone. */
async function crashBeforeConfirm(plan: ProvisionPlan): Promise<void> {
  const dying = withCalls(flow.registry, { confirm: powerCut, fail: powerCut });
  expect(await run(plan, dying)).toMatchObject({ ok: false, stage: 'confirm' });
}

const settled = expect.objectContaining({ type: 'warning', code: 'RESERVATION_SETTLED' }) as unknown;

describe('a board whose reservation was left open', () => {
  it('is confirmed by what it holds, and not written again where known boards are refused', async () => {
    await crashBeforeConfirm(PLAN);
    expect(await flow.registry.find({ mac: MAC })).toMatchObject({ status: 'pending' });
    const result = await run({ ...PLAN, known: 'refuse' });
    expect(result).toMatchObject({ ok: true, mac: MAC, alreadyDone: true });
    expect(result.events).toContainEqual(settled);
    expect(stagesOf(result.events)).not.toContain('write');
    expect(await flow.registry.find({ mac: MAC })).toMatchObject({ status: 'provisioned' });
    expect(await flow.registry.reveal(MAC, 'test')).toBe(pskOn(board));
  });

  it('keeps the key of an interrupted rotation that has reached the chip', async () => {
    await run(PLAN);
    const old = pskOn(board);
    await crashBeforeConfirm({ ...PLAN, known: 'rotate' });
    const rotated = pskOn(board);
    expect(rotated).not.toBe(old);
    expect(await flow.registry.reveal(MAC, 'test')).toBe(old);
    const result = await run(PLAN);
    expect(result.ok).toBe(true);
    expect(result.events).toContainEqual(settled);
    expect(pskOn(board)).toBe(rotated);
    expect(await flow.registry.reveal(MAC, 'test')).toBe(rotated);
  });

  it('is provisioned as usual when its flash holds something else', async () => {
    await crashBeforeConfirm(PLAN);
    board.flash.erase(NVS.offsetBytes, 4096);
    const result = await run(PLAN);
    expect(result.ok).toBe(true);
    expect(result.events).not.toContainEqual(settled);
    expect(await flow.registry.reveal(MAC, 'test')).toBe(pskOn(board));
  });

  it('gets what has changed in the profile since, with the settled key', async () => {
    await crashBeforeConfirm(PLAN);
    const key = pskOn(board);
    const result = await run({ ...PLAN, caUrl: 'https://other.example.com' });
    expect(result.ok).toBe(true);
    expect(result.events).toContainEqual(settled);
    expect(pskOn(board)).toBe(key);
    expect(await flow.registry.find({ mac: MAC })).toMatchObject({ caUrl: 'https://other.example.com' });
  });
});
