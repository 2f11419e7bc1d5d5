// What people install: every promised entry point opens, and core without Node.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { createVirtualBoard, serveRfc2217 } from '../../src/virtual/index.js';
import { ROOT } from '../support/reference-tools.js';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  version: string;
  exports: Record<string, unknown>;
} & Record<'dependencies' | 'optionalDependencies' | 'devDependencies', Record<string, string>>;

/** Loads an entry point by the package's own name, as a user's program does, and returns what it exports. */
function exportsOf(entry: string): string[] {
  const script = `console.log(Object.keys(await import('${entry}')).join(' '))`;
  const args = ['--input-type=module', '-e', script];
  return execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }).trim().split(' ');
}

describe('the package', () => {
  const entryPoints = Object.keys(manifest.exports).flatMap((entry) =>
    entry === './package.json' ? [] : entry.replace('.', 'espmint'),
  );

  it.each(entryPoints)('%s exports the names that the library page describes, and no others', (entry) => {
    const page = readFileSync(join(ROOT, 'docs/reference/library.md'), 'utf8');
    const section = page.split(/^## /m).find((text) => text.startsWith(`${entry}\n`)) ?? '';
    const described = [...section.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    );
    const source = readFileSync(join(ROOT, `src/library/${entry.split('/')[1] ?? 'index'}.ts`), 'utf8');
    expect(source).not.toContain('export *');
    const lists = [...source.matchAll(/export (type )?\{([^}]*)\}/g)];
    const names = lists.flatMap(([, type = '', list = '']) =>
      list.split(',').flatMap((name) => (name.trim() === '' ? [] : type + name.trim())),
    );
    expect(names.map((name) => name.replace('type ', '')).sort()).toEqual(described.sort());
    expect(exportsOf(entry)).toEqual(names.filter((name) => !name.startsWith('type ')).sort());
  });

  it('provisions a board with the program that the library page shows', async () => {
    const board = createVirtualBoard({ chip: 'esp32', mac: 'a4:cf:12:34:56:78' });
    const server = await serveRfc2217(board, { host: '127.0.0.1', port: 0 });
    mkdirSync(join(ROOT, '.cache'), { recursive: true });
    const cwd = mkdtempSync(join(ROOT, '.cache/library-'));
    try {
      writeFileSync(join(cwd, 'sensor.yaml'), 'name: sensor\nversion: 1\ncaUrl: https://ca.example.com\n');
      const page = readFileSync(join(ROOT, 'docs/reference/library.md'), 'utf8');
      const [, program = ''] = /```ts\n(.*?)```/s.exec(page) ?? [];
      const script = program.replace('/dev/ttyUSB0', server.url);
      const run = promisify(execFile);
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd });
      expect(stdout).toBe('a4:cf:12:34:56:78 passed\n');
      expect(readFileSync(join(cwd, 'keys.jsonl'), 'utf8')).toContain('"confirmed"');
    } finally {
      await server.close();
      board.dispose();
      rmSync(cwd, { recursive: true, force: true });
    }
  });

  it('does the ten tasks of its guide, each a program whose types are right', () => {
    mkdirSync(join(ROOT, '.cache'), { recursive: true });
    const cwd = mkdtempSync(join(ROOT, '.cache/library-'));
    try {
      const programs = [...read('docs/guides/library.md').matchAll(/```ts\n(.*?)```/gs)].map(
        ([, text = '']) => text,
      );
      programs.forEach((text, n) => writeFileSync(join(cwd, `${n + 1}.mts`), text));
      const compilerOptions = {
        noEmit: true,
        strict: true,
        skipLibCheck: false,
        target: 'es2022',
        module: 'nodenext',
        types: ['node'],
      };
      writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
      const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
      const { stdout: faults } = spawnSync(process.execPath, [compiler, '-p', cwd], {
        cwd: ROOT,
        encoding: 'utf8',
      });
      expect(faults).toBe('');
      const printed = programs.map((text) =>
        execFileSync(process.execPath, ['--input-type=module', '-e', text], { cwd, encoding: 'utf8' }),
      );
      const device = 'a4:cf:12:34:56:78 110e3dc9-fa05-568f-a05a-98d00891029d';
      expect(printed).toEqual([
        '110e3dc9-fa05-568f-a05a-98d00891029d\n',
        expect.stringMatching(/^caUrl .*ftp:/),
        '24576\n',
        'true\napp count u32\napp name string\n',
        expect.stringContaining('count,data,u32,42\n'),
        'true 2\n',
        'esp32s3 a4:cf:12:34:56:78\nnvs phy_init factory\n',
        expect.stringMatching(/^attempt\n(?:.*\n)*result\na4:cf:12:34:56:78 passed\n$/),
        `${device} provisioned\n32\n`,
        'PORT_UNREACHABLE\n',
      ]);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });

  it('has few names at its root', () => {
    expect(exportsOf('espmint').length).toBeLessThanOrEqual(15);
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
          lib: { entry: join(ROOT, 'dist/library/core.js'), formats: ['es'], fileName: 'core' },
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

  it("has a bill of materials that names every package of the lock file that comes along, and the dashboard's", () => {
    const lock = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { version: string; dev?: boolean }>;
    };
    const comeAlong = Object.entries(lock.packages)
      .filter(([path, { dev }]) => path !== '' && dev !== true)
      .map(([path, { version }]) => `${path.replace(/.*node_modules\//, '')}@${version}`);
    const bill = JSON.parse(read('dist/sbom.cdx.json')) as {
      bomFormat: string;
      metadata: { component: { name: string; version: string } };
      components: { name: string; version: string; purl: string; licenses?: unknown[] }[];
    };
    expect(bill).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { name: 'espmint', version: manifest.version } },
    });
    const named = bill.components.map(({ name, version }) => `${name}@${version}`);
    expect(comeAlong.filter((wanted) => !named.includes(wanted))).toEqual([]);
    expect(
      named.filter((name) => !comeAlong.includes(name)).map((name) => name.replace(/@[^@]+$/, '')),
    ).toEqual(expect.arrayContaining(['preact', 'esptool-js']));
    expect(
      bill.components.filter(({ licenses = [] }) => licenses.length === 0).map(({ name }) => name),
    ).toEqual([]);
  });

  it('tells the whole licence of what it carries of others', () => {
    const notices = read('dist/third-party-notices.txt');
    for (const name of ['preact', 'esptool-js'])
      expect(notices).toContain(read(`node_modules/${name}/LICENSE`).trim());
  });

  it('has a reason for each of its dependencies', () => {
    const reasons = read('docs/reference/dependencies.md');
    const names = [manifest.dependencies, manifest.optionalDependencies, manifest.devDependencies].flatMap(
      (list) => Object.keys(list),
    );
    const isNamed = (name: string): boolean =>
      new RegExp(`(^|[\\s|(,])${name.replaceAll(/[.*+?^$()[\]\\/]/g, '\\$&')}($|[\\s|),:;])`, 'm').test(
        reasons,
      );
    expect(names.filter((name) => !isNamed(name))).toEqual([]);
  });
});
