// Gets what the tests need and the package does not carry: a Python venv with esptool and Espressif's NVS generator, and
// a Chromium that starts, the newest Node, and an access point for WPS.
// Says what it prepared. What cannot be had is reported: tests then skip loudly, and fail under CI=true.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NEWEST, nodeProgram } from './nodes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const venv = join(root, '.cache/venv');
const requirements = join(root, 'tools/requirements.txt');
const bin = process.platform === 'win32' ? 'Scripts' : 'bin';

function run(command, args) {
  const done = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000 });
  if (done.status === 0) return undefined;
  return (done.error?.message ?? done.stderr).trim().split('\n').at(-1) ?? 'no reason given';
}

/** Returns undefined when the venv is ready, else one line that says why not. */
function preparePython() {
  const stamp = join(venv, 'prepared');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return undefined;
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(join(root, '.cache'), { recursive: true });
  const python = process.platform === 'win32' ? 'python' : 'python3';
  const failure =
    run(python, ['-m', 'venv', venv]) ??
    run(join(venv, bin, 'python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      requirements,
    ]);
  if (failure === undefined) writeFileSync(stamp, wanted);
  return failure;
}

/** Unpacks the Chromium of its package and starts it once. Returns its version, or one line that says why not. */
async function prepareChromium() {
  try {
    const { default: chromium } = await import('@sparticuz/chromium');
    const path = await chromium.executablePath();
    const done = spawnSync(path, ['--version', '--no-sandbox', '--headless'], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (done.status === 0) return { version: done.stdout.trim() };
    return { failure: (done.error?.message ?? done.stderr).trim().split('\n').at(-1) ?? 'no reason given' };
  } catch (error) {
    return { failure: error.message };
  }
}

/** Debian's access point and station, for the tests of WPS. Returns undefined when they are there, or not wanted. */
function prepareWps() {
  if (existsSync('/usr/sbin/hostapd') && existsSync('/usr/sbin/wpa_supplicant')) return undefined;
  // A desk's system is its owner's: packages are added to a machine of continuous integration only.
  if (process.env.CI !== 'true') return 'apt-get install hostapd wpasupplicant iproute2 brings them';
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) return 'neither Debian nor root';
  const install = ['install', '-y', '-qq', '--no-install-recommends', 'hostapd', 'wpasupplicant', 'iproute2'];
  if (run('apt-get', install) === undefined) return undefined;
  return run('apt-get', ['update', '-qq']) ?? run('apt-get', install);
}

async function prepare() {
  const started = Date.now();
  const python = preparePython();
  if (python === undefined) {
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.log(
      `prepare: Python venv with esptool and esp-idf-nvs-partition-gen in .cache/venv (${seconds} s)`,
    );
  } else {
    console.warn(
      `prepare: NO PYTHON TOOLS (${python}): tests against esptool and the NVS generator cannot run`,
    );
  }
  const { version, failure } = await prepareChromium();
  if (failure === undefined) console.log(`prepare: ${version} for the browser tests`);
  else console.warn(`prepare: NO CHROMIUM (${failure}): the browser tests cannot run`);
  const noWps = prepareWps();
  if (noWps === undefined) console.log('prepare: hostapd and wpa_supplicant for the WPS tests');
  else console.warn(`prepare: NO HOSTAPD (${noWps}): the WPS tests cannot run`);
  try {
    nodeProgram(NEWEST);
    console.log(`prepare: Node ${NEWEST} in .cache/node`);
  } catch (error) {
    console.warn(`prepare: NO NEWEST NODE (${error.message}): the tests on it cannot run`);
  }
}

await prepare();
