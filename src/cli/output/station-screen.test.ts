// What stands on the terminal after the screen has drawn, while an operator types, and at the end.
import { shownTime } from './format.js';
import { describe, expect, it } from 'vitest';
import { silentIo } from '../../../test/support/cli-io.js';
import { Terminal } from '../../../test/support/terminal.js';
import type { StationEvent } from '../../station/index.js';
import { StationScreen } from './station-screen.js';

function station(columns = 80, rows?: number): { terminal: Terminal; screen: StationScreen } {
  const terminal = new Terminal();
  const io = silentIo({ stderr: (text) => terminal.write(text), interactive: true, columns, rows });
  const screen = new StationScreen(io, 'line 1');
  return { terminal, screen };
}

const NO_BOARD = 'no board yet: plug one in';
const HEAD = 'station line 1  running  runs: 0 passed, 0 failed';

describe('the screen of a station', () => {
  it('shows what an operator types under the slots, also between two drawings', () => {
    const { terminal, screen } = station();
    screen.typing('');
    screen.typing('SN-00');
    screen.event({ type: 'slot', slot: 1, state: 'settling', port: 'p' });
    screen.note('slot 2 was held');
    expect(terminal.lines).toEqual(['slot 2 was held', HEAD, '1  plugged in', '> SN-00']);
    screen.typing('SN-004');
    expect(terminal.lines).toEqual(['slot 2 was held', HEAD, '1  plugged in', '> SN-004']);
    screen.finish();
  });

  it('leaves no trace of it', () => {
    const { terminal, screen } = station();
    screen.typing('12');
    screen.typing('');
    screen.finish();
    expect(terminal.lines).toEqual([HEAD, NO_BOARD]);
  });

  it('shows the end of a line that is wider than the terminal', () => {
    const { terminal, screen } = station(20);
    screen.typing('https://example.com/a/long/code/0042');
    expect(terminal.lines.at(-1)).toBe('> …/long/code/0042');
    expect(Math.max(...terminal.lines.map((line) => line.length))).toBeLessThan(20);
    screen.finish();
  });

  it('never draws more lines than there are', () => {
    const { terminal, screen } = station(80, 10);
    for (let slot = 1; slot <= 32; slot++)
      screen.event({
        type: 'slot',
        slot,
        ...(slot > 30 ? { state: 'settling', port: 'p' } : { state: 'empty' }),
      });
    screen.typing('3');
    expect(terminal.lines).toHaveLength(10);
    expect(terminal.lines.slice(-4)).toEqual(['31  plugged in', '32  plugged in', 'and 25 empty', '> 3']);
    screen.finish();
    expect(terminal.lines).toHaveLength(33);
  });

  it('gives the batch a line of its own where it does not fit, and shows what is cut', () => {
    const { terminal, screen } = station(60);
    const counts = { passed: 3, reworked: 0, failed: 0, inWork: 0, held: 2, open: 5 };
    const made = { state: 'open', reason: '', createdAt: '', createdBy: '' } as const;
    screen.batch({ name: 'WO', profile: { name: 'p', version: 1 }, quantity: 10, ...made, counts });
    screen.event({ type: 'slot', slot: 1, state: 'waiting', port: 'p', for: 'clear' });
    screen.event({
      type: 'slot',
      slot: 2,
      state: 'running',
      port: 'x'.repeat(80),
      run: 1,
      attempt: 1,
      stage: 'connect',
      removed: false,
      scanning: false,
    });
    screen.finish();
    expect(terminal.lines.slice(0, 3)).toEqual([
      HEAD,
      'batch WO: 3 of 10 (2 reserved)',
      '1  ○ held: look at this slot, then type its number',
    ]);
    expect(terminal.lines[3]).toMatch(/^2 {2}◐ connect x+…$/);
  });

  it('says on a narrow terminal how many failed, and what to do is read whole', () => {
    const { terminal, screen } = station(40, 12);
    const next = 'hold BOOT while you plug the board in, then type the number of the slot';
    const result = {
      type: 'result',
      ok: false,
      port: 'p',
      code: 'CHIP_NO_ANSWER',
      message: '',
      next,
    } as const;
    const more = { retryable: true, stage: 'connect', durationMs: 1 } as const;
    screen.event({ type: 'slot', slot: 1, state: 'failed', port: 'p', result: { ...result, ...more } });
    screen.typing('');
    expect(terminal.lines).toEqual([
      'station line 1  running',
      'runs: 0 passed, 0 failed',
      '1  ✕ FAIL connect: CHIP_NO_ANSWER',
      'hold BOOT while you plug the board',
      'in, then type the number of the',
      'slot',
      '>',
    ]);
    // With many slots a line each.
    for (let slot = 2; slot <= 40; slot++) screen.event({ type: 'slot', slot, state: 'empty' });
    screen.typing('');
    expect(terminal.lines).toHaveLength(12);
    screen.finish();
  });

  it('says on a narrow terminal that a board can be removed: under its line, or before what is known of it', () => {
    const { terminal, screen } = station(40, 8);
    const mac = 'a4:cf:12:34:56:78';
    const result = { type: 'result', ok: true, port: 'p', mac, serial: '序列号-0001', durationMs: 1200 };
    const passed = { type: 'slot', state: 'passed', port: 'p', result } as unknown as Extract<
      StationEvent,
      { type: 'slot' }
    >;
    screen.event({ ...passed, slot: 1 });
    screen.typing('');
    expect(terminal.lines.slice(2)).toEqual([
      '1  ✓ PASS a4:cf:12:34:56:78 序列号-0…',
      'remove the board',
      '>',
    ]);
    for (let slot = 2; slot <= 5; slot++) screen.event({ ...passed, slot });
    screen.typing('');
    expect(terminal.lines).toHaveLength(8);
    expect(terminal.lines[6]).toBe('5  ✓ PASS remove the board  a4:cf:12…');
    screen.finish();
  });

  it('tells on a narrow terminal what to do about a pause, and the counts of a batch with a long name', () => {
    const { terminal, screen } = station(40);
    const made = { state: 'open', reason: '', createdAt: '', createdBy: '' } as const;
    const counts = { passed: 3, reworked: 0, failed: 0, inWork: 0, held: 0, open: 5 };
    const name = '生产批次-2026-Fertigungsauftrag-000123';
    screen.batch({ name, profile: { name: 'p', version: 1 }, quantity: 10, ...made, counts });
    const reason = { by: 'rule', code: 'LINK_TIMEOUT', count: 6 } as const;
    screen.event({ type: 'station', mode: 'paused', reason });
    screen.finish();
    expect(terminal.lines).toEqual([
      'station line 1  paused: 6 times',
      'LINK_TIMEOUT in a row; find the cause,',
      'then r resumes',
      'runs: 0 passed, 0 failed',
      'batch 生产批次-2026-Fertigung…: 3 of 10',
    ]);
  });

  it('says what the station has done by itself in place of counts that nobody knows', () => {
    const { terminal, screen } = station(120);
    const made = { state: 'open', reason: '', createdAt: '', createdBy: '' } as const;
    const counts = { passed: 3, reworked: 0, failed: 0, inWork: 0, held: 2, open: 5 };
    const batch = { name: 'WO', profile: { name: 'p', version: 1 }, quantity: 10, ...made, counts };
    const since = '2026-01-02T03:04:05.000Z';
    screen.batch(batch);
    screen.away({ batch: 'WO', since, made: 1, left: 2 });
    screen.finish();
    expect(terminal.lines).toEqual([
      HEAD,
      `batch WO: 1 made, 2 units left; no database since ${shownTime(since)}`,
      NO_BOARD,
    ]);
    screen.batch(batch);
    screen.finish();
    expect(terminal.lines).toEqual([
      'station line 1  running  batch WO: 3 of 10 (2 reserved)  runs: 0 passed, 0 failed',
      NO_BOARD,
    ]);
  });
});
