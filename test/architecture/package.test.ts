// What people install: every promised door opens, and core opens without Node.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/judges.js';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  exports: Record<string, unknown>;
};

/** Loads a door by the package's own name, as a user's program does, and returns what it exports. */
function exportsOf(door: string): string[] {
  const script = `console.log(Object.keys(await import('${door}')).join(' '))`;
  const args = ['--input-type=module', '-e', script];
  return execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }).trim().split(' ');
}

describe('the package', () => {
  it.each([
    ['espmint', 'provisionDevice'],
    ['espmint/core', 'encodeNvs'],
    ['espmint/driver', 'connectBoard'],
    ['espmint/registry', 'openRegistry'],
    ['espmint/virtual', 'createVirtualBoard'],
    ['espmint/wifi', 'ImprovClient'],
  ])('opens %s, with %s behind it', (door, name) => {
    expect(Object.keys(manifest.exports)).toContain(door.replace('espmint', '.'));
    expect(exportsOf(door)).toContain(name);
  });

  it('has a core that a browser can bundle: no Node module, no global of Node', async () => {
    const outDir = mkdtempSync(join(tmpdir(), 'espmint-core-'));
    try {
      await build({
        root: ROOT,
        configFile: false,
        logLevel: 'silent',
        build: {
          outDir,
          emptyOutDir: true,
          minify: false,
          lib: { entry: join(ROOT, 'dist/core/index.js'), formats: ['es'], fileName: 'core' },
          rollupOptions: { onwarn: ({ message }) => expect(message).not.toMatch(/externalized for browser/) },
        },
      });
      const code = readFileSync(join(outDir, 'core.js'), 'utf8');
      expect(code).not.toMatch(/from ["']node:|require\(["']/);
      expect(code).not.toMatch(/\b(Buffer|process)\.(from|alloc|env|platform)/);
    } finally {
      rmSync(outDir, { recursive: true, force: true });
    }
  });

  it('says in one sentence that it needs a newer Node', () => {
    const pretend =
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.4" } })';
    const args = [
      '--import',
      `data:text/javascript,${encodeURIComponent(pretend)}`,
      'bin/espmint.js',
      '--version',
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^espmint needs Node 20\.19 or later, and this is 18\.20\.4; [^\n]*\n$/);
  });

  it('ships neither tests nor sources', () => {
    // Without its scripts: a build would take the program away from the tests beside this one.
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const out = execFileSync(npm, ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const parsed = JSON.parse(out) as
      { files: { path: string }[] }[] | Record<string, { files: { path: string }[] }>;
    const [packed] = Array.isArray(parsed) ? parsed : Object.values(parsed);
    const paths = packed?.files.map(({ path }) => path) ?? [];
    expect(paths).toContain('bin/espmint.js');
    expect(paths).toContain('dist/program/main.js');
    expect(paths.filter((path) => /\.test\.|^src\/|^test\//.test(path))).toEqual([]);
  });
});
