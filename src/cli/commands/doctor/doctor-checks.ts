// The checks of `espmint doctor`, in the order in which they are shown.
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { listPorts, runCommand } from '../../../driver/index.js';
import { codeOf } from '../../../files/index.js';
import { composeRegistry, dataDirOf } from '../../compose/compose.js';
import type { CliIo, GlobalOptions } from '../../io.js';

/** `note` is worth knowing and stops nothing. */
export interface Finding {
  readonly state: 'ok' | 'note' | 'fault';
  readonly text: string;
}

type Check = (io: CliIo, options: GlobalOptions) => Promise<Finding>;

const TOOL_TIMEOUT_MS = 10_000;

export const DOCTOR_CHECKS: Readonly<Record<string, Check>> = {
  node: () =>
    Promise.resolve({
      state: 'ok',
      text: `Node ${process.versions.node} on ${process.platform} ${process.arch}`,
    }),
  'serial ports': checkPorts,
  'serial rights': checkRights,
  esptool: checkEsptool,
  'data directory': checkDataDir,
  registry: checkRegistry,
};

async function checkPorts(): Promise<Finding> {
  const ports = await listPorts();
  if (ports.length === 0) return { state: 'note', text: 'none; plug a board in, or try `espmint demo`' };
  return { state: 'ok', text: ports.map(({ path }) => path).join(', ') };
}

interface ClosedPort {
  readonly path: string;
  readonly group: string;
  readonly isUsb: boolean;
}

/** On Linux and macOS a serial port is a file that a group may open. */
async function checkRights(): Promise<Finding> {
  const closed: ClosedPort[] = [];
  for (const { path, usbVendorId } of await listPorts()) {
    const open = await access(path, constants.R_OK | constants.W_OK).then(
      () => true,
      () => false,
    );
    if (!open) closed.push({ path, group: await groupOf(path), isUsb: usbVendorId !== undefined });
  }
  return rightsFinding(closed);
}

/** Built-in ports are on most computers and seldom have a board: one that is closed is no fault. */
export function rightsFinding(closed: readonly ClosedPort[]): Finding {
  const [first] = closed;
  if (first === undefined) return { state: 'ok', text: 'every listed port may be opened' };
  // Whoever is in the group root may do far more than open a port.
  const next =
    first.group === 'root'
      ? 'give these ports a group of their own with a udev rule'
      : `run \`sudo usermod -aG ${first.group} $USER\` and log in again`;
  const names = closed.map(({ path, group }) => `${path} (group ${group})`).join(', ');
  const state = closed.some(({ isUsb }) => isUsb) ? 'fault' : 'note';
  return {
    state,
    text: `no right to open ${names}; ${state === 'note' ? 'for a board there: ' : ''}${next}`,
  };
}

async function groupOf(path: string): Promise<string> {
  const { gid } = await stat(path);
  const groups = await readFile('/etc/group', 'utf8').catch(() => '');
  return (
    groups
      .split('\n')
      .find((line) => line.split(':')[2] === String(gid))
      ?.split(':')[0] ?? String(gid)
  );
}

/** espmint does not need esptool; who has it can compare. */
async function checkEsptool(io: CliIo): Promise<Finding> {
  const args = ['version'];
  for (const program of [['esptool'], ['esptool.py'], ['python3', '-m', 'esptool']] as const) {
    const ran = await runCommand(program, args, { timeoutMs: TOOL_TIMEOUT_MS, signal: io.signal });
    if (ran.exitCode === 0) return { state: 'ok', text: ran.output.trim().split('\n').at(-1) ?? '' };
  }
  return { state: 'note', text: 'not installed; espmint works without it' };
}

async function checkDataDir(io: CliIo, options: GlobalOptions): Promise<Finding> {
  const path = dataDirOf(io, options);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    (error: unknown) => (codeOf(error) === 'ENOENT' ? undefined : true),
  );
  if (isFolder === undefined) return { state: 'ok', text: `${path} (made on first use)` };
  if (!isFolder) return { state: 'fault', text: `${path} is no folder; name another one with --data-dir` };
  const mayWrite = await access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (mayWrite) return { state: 'ok', text: path };
  return { state: 'fault', text: `${path} is not yours to write; name another one with --data-dir` };
}

async function checkRegistry(io: CliIo, options: GlobalOptions): Promise<Finding> {
  const started = performance.now();
  const registry = await composeRegistry(io, options);
  try {
    const { devices } = await registry.list({ limit: 1 });
    const content = devices.length === 0 ? 'no device yet' : `newest device ${devices[0]?.mac}`;
    const ms = Math.round(performance.now() - started);
    return { state: 'ok', text: `${registry.description} answers in ${ms} ms, ${content}` };
  } finally {
    await registry.close();
  }
}
