// Runs the program as Windows has it: node.exe and the win32 packages under Wine, with a Windows of its own in a folder.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { spawn as spawnOnTerminal } from '@lydell/node-pty';

/** What scripts/windows.mjs has made ready: `prefix`, `app`, and the files that COM7 and COM8 lead to. */
export const FOLDER = process.env['ESPMINT_TEST_WINE'] ?? '';
const NODE = process.env['ESPMINT_TEST_WINE_NODE'] ?? '';
/** PostgreSQL for Windows of a version that Wine runs. */
export const POSTGRES_BIN = process.env['ESPMINT_TEST_WINE_POSTGRES'] ?? '';
const APP = join(FOLDER, 'app');
const PROGRAM = join(APP, 'node_modules/espmint/bin/espmint.js');
/** Starting takes seconds here, and a loaded machine is late. */
const RUN_TIMEOUT_MS = 180_000;

/** Nothing of ours but what Wine needs. */
const ENV = {
  PATH: process.env['PATH'],
  HOME: homedir(),
  WINEPREFIX: join(FOLDER, 'prefix'),
  WINEDEBUG: '-all',
  LANG: 'C.UTF-8',
};

export interface WindowsRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A path of this machine as Windows programs name it: `Z:\tmp\file`. */
export const windowsPath = (path: string): string => `Z:${path.replaceAll('/', '\\')}`;

/** Leads a COM port to another file from now on. */
export function leadPort(port: 'COM7' | 'COM8', target: string): void {
  rmSync(join(FOLDER, port), { force: true });
  symlinkSync(target, join(FOLDER, port));
}

/** The server that all programs under Wine share; it sets up the COM ports when it starts. */
export function startWine(): void {
  stopWine();
  spawn('wineserver', ['-p', '-f'], { env: ENV, stdio: 'ignore' }).unref();
}

export function stopWine(): void {
  spawnSync('wineserver', ['-k', '-w'], { env: ENV, stdio: 'ignore' });
}

/** Runs a Windows program to its end. Wine's pipes are none that Node for Windows takes: output goes to files. */
async function runWindows(args: readonly string[], env: Record<string, string> = {}): Promise<WindowsRun> {
  const scratch = mkdtempSync(join(FOLDER, 'run-'));
  const files = ['stdout', 'stderr'].map((name) => join(scratch, name));
  const handles = files.map((file) => openSync(file, 'w'));
  try {
    const child = spawn('wine', args, {
      cwd: APP,
      env: { ...ENV, ...env },
      stdio: ['ignore', ...handles],
      timeout: RUN_TIMEOUT_MS,
    });
    const [code] = (await once(child, 'close')) as [number | null];
    const [stdout = '', stderr = ''] = files.map((file) => readFileSync(file, 'utf8'));
    return { code, stdout, stderr };
  } finally {
    handles.forEach(closeSync);
    rmSync(scratch, { recursive: true });
  }
}

/** Runs espmint on Node for Windows. */
export function espmintOnWindows(args: readonly string[], env?: Record<string, string>): Promise<WindowsRun> {
  return runWindows([NODE, PROGRAM, ...args], env);
}

export interface OnConsole {
  /** All that was printed so far, as a terminal gets it. */
  printed(): string;
  /** As a person at the keyboard: `\x03` is Ctrl-C. */
  type(text: string): void;
  readonly exitCode: Promise<number>;
}

/** Starts espmint on a console of Windows, which only then has Ctrl-C to give. */
export function espmintOnConsole(args: readonly string[]): OnConsole {
  const terminal = spawnOnTerminal('wine', [NODE, PROGRAM, ...args], {
    cwd: APP,
    env: ENV,
    cols: 200,
    rows: 50,
  });
  let printed = '';
  terminal.onData((text) => (printed += text));
  return {
    printed: () => printed,
    type: (text) => terminal.write(text),
    exitCode: new Promise((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode))),
  };
}
