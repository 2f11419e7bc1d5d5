// Builds dist/ from src/: at once by TypeScript (declarations, and modules for tests), the program and the library in few
// files, and the dashboard; then the notices of others' work.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { writeNotices } from './notices.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const CARRIED = /\.(sql)$/;
/**
 * What is loaded together stands in one file: each file costs a start as much as 50 KB of code. `base` is also for browsers;
 * `start` is what every command loads, `version` all that --version wants, `core` and `board` what speaks to a board wants.
 */
const GROUPS = [
  { name: 'version', test: /src\/cli\/version\.ts/, priority: 3 },
  {
    name: 'base',
    test: /src\/core\/(errors\/|(text|mac|uuid|psk|hardware-id|times|zone-clock|device-name|stages|conflict)\.ts|firmware\/listing-files)|@noble\/hashes/,
    priority: 2,
  },
  {
    name: 'start',
    test: /src\/cli\/((run|io|program|examples)\.ts|arguments\/|output\/(printable|show|table|format|colours)|compose\/(compose|origin|whoami|firmware)\.ts)|src\/files\/|src\/registry\/(data-dir|process-user|reason)|commander\/|picocolors\//,
    priority: 1,
  },
  {
    name: 'core',
    test: /src\/core\/((?!line-pattern|absent-values|settings-file)[^/]+\.ts|chips\/|masking\/)/,
  },
  {
    name: 'nvs',
    test: /src\/core\/nvs\/(?!index|encryption|xts|keys|verify|inspect|mass|merge|export|findings)/,
  },
  {
    name: 'board',
    test: /src\/(provision|wifi|driver)\/(?!connect\/stubs\/esp|link\/(tcp|rfc2217|serialport|telnet|direct-io)|ports\/|protocomm\/security1)/,
  },
];

if (!existsSync(join(root, 'dist/cli/main.js'))) rmSync(join(root, 'dist'), { recursive: true, force: true });
/** What others' code loads at each start and is not needed: by file, as it stands there, and what stands there instead. */
const SPARED = [
  // Whether it runs at Cloudflare pg asks by a Response, which loads all of fetch on Node 20: 25 ms.
  ['/pg/lib/stream.js', "typeof Response === 'function'", 'false'],
  // No command is a program of its own: 5 ms.
  ['/commander/lib/command.js', "require('node:child_process')", '{}'],
];

const dist = join(root, 'dist');
const src = join(root, 'src');
mkdirSync(dist, { recursive: true });
const page = ['build', '--config', join(src, 'web/vite.config.ts'), '--logLevel', 'warn'];
const [inProgram] = await Promise.all([
  bundle(),
  run('typescript/bin/tsc', ['-p', join(root, 'tsconfig.build.json')]),
  run('vite/bin/vite.js', page),
]);
for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
  if (CARRIED.test(file)) cpSync(join(src, file), join(dist, file));
}
removeLeftOvers();
copyTypes();

const packages = join(dist, 'page-packages.json');
writeNotices([...JSON.parse(readFileSync(packages, 'utf8')), ...inProgram]);
rmSync(packages);

/** Runs a program of a package; a failure of it ends the build. */
function run(program, args) {
  const child = spawn(process.execPath, [join(root, 'node_modules', program), ...args], { stdio: 'inherit' });
  return new Promise((resolve) => {
    child.on('close', (code) => (code === 0 ? resolve() : process.exit(code ?? 1)));
  });
}

/** What the compiler made of sources that are gone: it never removes a file. */
function removeLeftOvers() {
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const [, stem] =
      /^(?!web\/|program\/|types\/)(.*?)(?:\.d\.ts|\.js|\.js\.map|\.sql)$/.exec(file.replaceAll('\\', '/')) ??
      [];
    if (stem === undefined || existsSync(join(src, `${stem}.ts`)) || existsSync(join(src, `${stem}.sql`)))
      continue;
    rmSync(join(dist, file));
  }
}

/** The declarations that users of the library reach from its entry points, and no others: what a package carries. */
function copyTypes() {
  const types = join(dist, 'types');
  rmSync(types, { recursive: true, force: true });
  const reached = new Set();
  const reach = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, to] of text.matchAll(/(?:from |import\()'(\.[^']+)\.js'/g))
      reach(join(dirname(file), `${to}.d.ts`));
    cpSync(file, join(types, relative(dist, file)));
  };
  const entries = readdirSync(join(dist, 'library')).filter((name) => name.endsWith('.d.ts'));
  for (const name of entries) reach(join(dist, 'library', name));
}

/**
 * The program and the library's entry points in dist/program: a start then opens a few files instead of hundreds. What
 * package.json names as a dependency stays outside: users get its mends without a new release of ours. What a start loads
 * so often that its files cost more than its work (commander, pg, ...) is a development package, and its code is inside.
 *
 * @returns {Promise<string[]>} the packages whose code is inside
 */
async function bundle() {
  const program = join(dist, 'program');
  rmSync(program, { recursive: true, force: true });
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const outside = Object.keys({ ...dependencies, ...optionalDependencies });
  const entries = readdirSync(join(src, 'library'));
  const bundled = await rolldown({
    input: {
      main: join(src, 'cli/main.ts'),
      ...Object.fromEntries(entries.map((file) => [file.replace('.ts', ''), join(src, 'library', file)])),
    },
    platform: 'node',
    preserveEntrySignatures: 'allow-extension',
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    external: (id) =>
      id.startsWith('node:') || outside.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [
      { name: 'own-place', transform: keepOwnPlace },
      { name: 'spare-loads', transform: spareLoads },
    ],
  });
  const { output } = await bundled.write({
    dir: program,
    format: 'esm',
    sourcemap: true,
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { includeDependenciesRecursively: false, groups: GROUPS },
    // Users read what is documented in the declarations. Names stay whole: a stack trace is read by people.
    comments: { jsdoc: false },
    minify: { compress: true, mangle: { keepNames: true }, codegen: { removeWhitespace: true } },
  });
  const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  return [...new Set(modules.flatMap((id) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []))];
}

function spareLoads(code, id) {
  const [, loads, instead] = SPARED.find(([file]) => id.endsWith(file)) ?? [];
  if (loads === undefined) return undefined;
  if (!code.includes(loads)) throw new Error(`${id} loads otherwise now`);
  return { code: code.replace(loads, instead), map: null };
}

/** A module that asks where it stands (for its migrations, for the dashboard) goes on to hear where tsc put it. */
function keepOwnPlace(code, id) {
  // The bundler's own modules have no place.
  if (id.startsWith('\0') || !code.includes('import.meta.url')) return undefined;
  const place = `../${relative(src, id).replaceAll('\\', '/').replace(/\.ts$/, '.js')}`;
  return { code: code.replaceAll('import.meta.url', `new URL('${place}', import.meta.url).href`), map: null };
}
