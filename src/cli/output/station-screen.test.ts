// What stands on the terminal after the screen has drawn, an operator has typed, and it has drawn again.
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Terminal } from '../../../test/support/terminal.js';
import type { CliIo } from '../io.js';
import { StationScreen } from './station-screen.js';

function station(columns = 80): { terminal: Terminal; screen: StationScreen; type: (line: string) => void } {
  const terminal = new Terminal();
  const io: CliIo = {
    stdout: () => undefined,
    drained: () => Promise.resolve(),
    stderr: (text) => terminal.write(text),
    stdin: new PassThrough(),
    env: {},
    interactive: true,
    columns,
    signal: new AbortController().signal,
    setExitCode: () => undefined,
  };
  const screen = new StationScreen(io, 'line 1');
  const type = (line: string): void => {
    // The terminal's own echo comes first.
    for (let at = 0; at <= line.length; at += columns) terminal.write(`${line.slice(at, at + columns)}\n`);
    screen.typed(line);
  };
  return { terminal, screen, type };
}

describe('the screen of a station', () => {
  it('leaves no trace of what an operator types', () => {
    const { terminal, screen, type } = station();
    screen.event({ type: 'slot', slot: 1, state: 'settling', port: 'p' });
    type('p');
    screen.event({ type: 'station', mode: 'paused', reason: { by: 'operator', text: '' } });
    type('');
    type('12');
    screen.finish();
    expect(terminal.lines).toEqual([
      'station line 1  paused; r resumes  runs: 0 passed, 0 failed',
      '1  plugged in',
    ]);
  });

  it('also takes a line away that was wider than the terminal', async () => {
    const { terminal, screen, type } = station(40);
    type('a code of a label that a scanner has typed with all its characters');
    const drawn = ['station line 1  running  runs: 0 passed'.slice(0, 39)];
    await expect.poll(() => terminal.lines, { timeout: 5_000 }).toEqual(drawn);
    screen.finish();
  });

  it('keeps notes above it', () => {
    const { terminal, screen, type } = station();
    type('99');
    screen.note('Slot 99 has no board to start.');
    screen.finish();
    expect(terminal.lines).toEqual([
      'Slot 99 has no board to start.',
      'station line 1  running  runs: 0 passed, 0 failed',
    ]);
  });
});
