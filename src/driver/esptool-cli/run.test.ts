// A tool that does not end when it should, or never ends a line.
import { expect, it } from 'vitest';
import { runCommand } from './run.js';

it('is not waited for where what it has started runs on and keeps its outputs open', async () => {
  const script = 'sleep 60 & echo "$!"; wait';
  const { exitCode, output } = await runCommand(['sh', '-c', script], [], { timeoutMs: 300 });
  expect(exitCode).toBeNull();
  const pid = Number(output.trim());
  // It runs still: only the wait for it is over.
  expect(process.kill(pid, 0)).toBe(true);
  process.kill(pid, 'SIGKILL');
});

it('gives a line without end in parts, and keeps the last of all that it said', async () => {
  const lines: string[] = [];
  const script = "process.stdout.write('x'.repeat(3_000_000) + 'end')";
  const ran = await runCommand([process.execPath, '-e', script], [], {
    timeoutMs: 20_000,
    onLine: (line) => lines.push(line),
  });
  expect(ran.exitCode).toBe(0);
  expect(ran.output).toHaveLength(100_000);
  expect(ran.output.endsWith('xend')).toBe(true);
  expect(Math.max(...lines.map((line) => line.length))).toBe(4_096);
});
