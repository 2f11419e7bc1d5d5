// Builds dist/ from src/: at once by TypeScript (declarations, and modules for tests), the program and the library in few
// files, and the dashboard; then the notices of others' work.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { writeNotices } from './notices.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const CARRIED = /\.(sql)$/;
/**
 * What is loaded together stands in one file: code costs a start 1 ms in 20 KB, and a file 0.5 ms. `version` is all that
 * --version wants, `base` and `start` are what every command loads, `shell` most of them, `core` and `board` what speaks to a
 * board. No two files may load each other.
 */
const GROUPS = [
  { name: 'version', test: /src\/cli\/version\.ts/, priority: 3 },
  {
    name: 'base',
    test: /src\/core\/(errors\/|(text|mac|uuid)\.ts)|@noble\/hashes\/(utils|legacy|_md|_u64)/,
    priority: 2,
  },
  {
    name: 'start',
    test: /src\/cli\/((run|io|program|examples)\.ts|arguments\/(usage|texts)|output\/printable)|src\/files\/(faults|read|windows-acl)|commander\//,
    priority: 1,
  },
  {
    name: 'words',
    test: /src\/core\/((times|zone-clock|device-name|stages|conflict)\.ts|firmware\/listing-files)/,
    priority: 1,
  },
  {
    name: 'shell',
    test: /src\/cli\/(arguments\/|output\/(show|table|format|colours)|compose\/(compose|origin|firmware)\.ts)|src\/files\/|src\/registry\/(data-dir|process-user|reason)|picocolors\//,
  },
  {
    name: 'core',
    test: /src\/core\/((?!line-pattern|absent-values|settings-file|device-config|flash-survey|wifi-rows)[^/]+\.ts|chips\/|masking\/)|@noble\/hashes/,
  },
  {
    name: 'nvs',
    test: /src\/core\/nvs\/(?!index|encryption|xts|keys|verify|inspect|mass|merge|export|findings)/,
  },
  {
    name: 'board',
    test: /src\/(provision|wifi|driver)\/(?!connect\/stubs\/esp|link\/(tcp|rfc2217|serialport|telnet|direct-io)|protocomm\/security1)|src\/core\/(device-config|wifi-rows)\.ts/,
  },
];

if (!existsSync(join(root, 'dist/cli/main.js'))) rmSync(join(root, 'dist'), { recursive: true, force: true });
/** What would be loaded or computed at each start for nothing: by file, as it stands there, and what stands there instead. */
const SPARED = [
  // Whether it runs at Cloudflare pg asks by a Response, which loads all of fetch on Node 20: 25 ms.
  ['/pg/lib/stream.js', ["typeof Response === 'function'", 'false']],
  // No command is a program of its own: 5 ms.
  ['/commander/lib/command.js', ["require('node:child_process')", '{}']],
  // The tables of a cipher are made by who encrypts: 7 ms.
  [
    '/@noble/ciphers/aes.js',
    [
      'const tableEncoding = /* @__PURE__ */',
      'let encoding, decoding;\nconst tableEncoding = () => encoding ??=',
    ],
    ['const tableDecoding = /* @__PURE__ */', 'const tableDecoding = () => decoding ??='],
    ['} = tableEncoding;', '} = tableEncoding();'],
    ['} = tableDecoding;', '} = tableDecoding();'],
  ],
  // Patterns are for the few profiles that have some: 11 ms.
  [
    '/src/core/line-pattern.ts',
    ["import { RE2JS } from 're2js';", "import type { RE2JS } from 're2js';"],
    ['= RE2JS.compile(', "= require('re2js').RE2JS.compile("],
    ['RE2JS.translate', "require('re2js').RE2JS.translate"],
    ['RE2JS.CASE', "require('re2js').RE2JS.CASE"],
  ],
  // Node has a zlib of its own: 8 ms.
  ['/src/driver/write/flash-write.ts', ["import { zlibSync } from 'fflate';", 'const zlibSync = undefined;']],
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
    for (const [, to] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g))
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
    // Node loads CommonJS without its loader of ES modules: 12 ms of each start.
    format: 'cjs',
    sourcemap: true,
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { includeDependenciesRecursively: false, groups: GROUPS },
    // Users read what is documented in the declarations. Names stay whole: a stack trace is read by people.
    comments: { jsdoc: false },
    minify: { compress: true, mangle: { keepNames: true }, codegen: { removeWhitespace: true } },
  });
  writeFileSync(join(program, 'package.json'), '{ "type": "commonjs" }\n');
  // Who imports the library gets ES modules with the names that it documents, and no default one.
  for (const { fileName, isEntry, exports } of output) {
    if (isEntry !== true || fileName === 'main.js') continue;
    const text = `export { ${exports.join(', ')} } from './${fileName}';\n`;
    writeFileSync(join(program, fileName.replace('.js', '.mjs')), text);
  }
  refuseCircles(output);
  const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  return [...new Set(modules.flatMap((id) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []))];
}

/** Of two CommonJS files that load each other one sees the other half made. GROUPS decides who stands where. */
function refuseCircles(output) {
  const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk.imports ?? []]));
  const follow = (name, path) => {
    if (path.includes(name)) throw new Error(`files load each other: ${[...path, name].join(' > ')}`);
    for (const next of chunks.get(name) ?? []) follow(next, [...path, name]);
    // Nothing behind it leads back.
    chunks.set(name, []);
  };
  for (const name of chunks.keys()) follow(name, []);
}

function spareLoads(code, id) {
  const [, ...changes] = SPARED.find(([file]) => id.replaceAll('\\', '/').endsWith(file)) ?? [];
  if (changes.length === 0) return undefined;
  let changed = code;
  for (const [from, to] of changes) {
    if (!code.includes(from)) throw new Error(`${id} reads otherwise now`);
    changed = changed.replaceAll(from, to);
  }
  return { code: changed, map: null };
}

/** A module that asks where it stands (for its migrations, for the dashboard) goes on to hear where tsc put it. */
function keepOwnPlace(code, id) {
  // The bundler's own modules have no place.
  if (id.startsWith('\0') || !code.includes('import.meta.url')) return undefined;
  const place = `../${relative(src, id).replaceAll('\\', '/').replace(/\.ts$/, '.js')}`;
  return { code: code.replaceAll('import.meta.url', `new URL('${place}', import.meta.url).href`), map: null };
}
