// Modules that somebody put where a user stands are not run, and no other program gets the station's keys.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratchDir, startVirtualProcess } from '../support/cli.js';
import { ROOT } from '../support/reference-tools.js';

const scratch = scratchDir('planted');
const here = join(scratch.path, 'downloads');
const tools = join(scratch.path, 'tools');
const trace = join(scratch.path, 'trace');
const KEY = 'c0ffee00'.repeat(8);

/** Runs from the folder with the planted modules, without any esptool but Python's. */
async function run(...args: readonly string[]): Promise<{ code: number | null; text: string }> {
  const env = {
    PATH: `.:${tools}:/usr/bin:/bin`,
    HOME: scratch.path,
    ESPMINT_MASTER_KEY: KEY,
    PYTHONPATH: here,
    ESPMINT_DATA_DIR: join(scratch.path, 'data'),
  };
  const child = spawn(process.execPath, [join(ROOT, 'bin/espmint.js'), ...args], { cwd: here, env });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}

beforeAll(() => {
  mkdirSync(here);
  mkdirSync(tools);
  const planted = `open(${JSON.stringify(trace)}, "w").write("planted module ran")\n`;
  for (const name of ['esptool.py', 'esp_idf_nvs_partition_gen.py', 'sitecustomize.py', 'os.py']) {
    writeFileSync(join(here, name), planted);
  }
  writeFileSync(join(here, 'esptool'), `#!/bin/sh\necho ran > ${trace}\n`);
  chmodSync(join(here, 'esptool'), 0o755);
});
afterAll(() => scratch.remove());

describe('from a folder with planted modules', () => {
  it('the doctor and a cross-check run none of them', async () => {
    await run('doctor');
    writeFileSync(join(here, 'a.csv'), 'key,type,encoding,value\nzc,namespace,,\nn,data,u8,1\n');
    await run('nvs', 'generate', 'a.csv', 'a.bin', '0x3000', '--cross-check');
    expect(existsSync(trace)).toBe(false);
  }, 120_000);

  it("another program gets none of the station's variables", async () => {
    const spy = join(tools, 'esptool');
    const seen = join(scratch.path, 'seen');
    writeFileSync(spy, `#!/bin/sh\n{ env; pwd; } >> ${seen}\nexit 3\n`);
    chmodSync(spy, 0o755);
    const bench = await startVirtualProcess(['--mac', 'a4:cf:12:36:02:00'], 1);
    try {
      await run('doctor');
      await run('inspect', '--port', bench.urls[0] ?? '', '--backend', 'esptool');
    } finally {
      await bench.close();
    }
    const text = readFileSync(seen, 'utf8');
    expect(text).toContain('PATH=');
    expect(text).not.toMatch(/ESPMINT_|PYTHONPATH|c0ffee/);
    expect(text).not.toContain(`\n${here}\n`);
  }, 120_000);
});
