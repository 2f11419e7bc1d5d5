// `espmint virtual` as a process: its announcements, its ends, its flash file and its ledger.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { runEsptool } from '../support/esptool.js';
import { espmint, scratchDir, startVirtualProcess } from '../support/cli.js';
import { toolAvailable, PYTHON, ROOT } from '../support/reference-tools.js';

const scratch = scratchDir('virtual');
afterAll(() => {
  scratch.remove();
});

describe('espmint virtual', () => {
  it('announces a bench of 32 boards of several kinds, whose MACs count up', async () => {
    const bench = await startVirtualProcess(
      ['--count', '32', '--chips', 'esp32,esp32c3,esp32s3', '--mac', 'a4:cf:12:34:56:f0'],
      32,
    );
    expect(new Set(bench.urls).size).toBe(32);
    expect(bench.macs[0]).toBe('a4:cf:12:34:56:f0');
    expect(bench.macs[31]).toBe('a4:cf:12:34:57:0f');
    await bench.close();
  });

  it('takes its device path away when its standard input closes', async () => {
    const bench = await startVirtualProcess(['--pty']);
    const path = bench.urls[0] ?? '';
    expect(existsSync(path)).toBe(true);
    await bench.close();
    expect(existsSync(path)).toBe(false);
  });

  it('lives on without standard input, and ends cleanly at a signal', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'bin/espmint.js'), 'virtual', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  it.each([
    [['--chip', 'esp99'], /--chip/],
    [['--mac', 'nonsense'], /MAC/],
    [['--listen', 'http://x'], /--listen/],
    [['--count', '2', '--flash', 'f.bin'], /--flash/],
    [['--faults', '/no/such/file'], /no\/such\/file/],
    [['--timing', 'fast'], /--timing/],
    [['--partition-table', fileURLToPath(import.meta.url)], /does not begin as a partition table does/],
  ])('refuses %j in one sentence', async (args, sentence) => {
    const { code, stderr } = await espmint(['virtual', ...args]);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(sentence);
  });

  it.runIf(toolAvailable('esptool', PYTHON))(
    'keeps its flash in a file and writes down what a session cost',
    async () => {
      const flash = join(scratch.path, 'flash.bin');
      const ledger = join(scratch.path, 'ledger.jsonl');
      const bench = await startVirtualProcess([
        '--pty',
        '--flash',
        flash,
        '--ledger',
        ledger,
        '--usb-latency',
        '1',
      ]);
      const { exitCode, output } = await runEsptool([
        '--port',
        bench.urls[0] ?? '',
        'erase-region',
        '0x8000',
        '0x1000',
      ]);
      expect(exitCode, output).toBe(0);
      await bench.close();
      expect(
        readFileSync(flash)
          .subarray(0x8000, 0x9000)
          .every((byte) => byte === 0xff),
      ).toBe(true);
      const [session] = readFileSync(ledger, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(session).toMatchObject({
        type: 'session',
        chip: 'esp32',
        sectorsErased: 1,
        floor: { sectorsToErase: 1 },
      });
    },
  );
});
