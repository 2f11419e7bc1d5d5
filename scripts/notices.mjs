// Writes what a package says of others' work: dist/sbom.cdx.json (CycloneDX, by npm from the lock file) and
// dist/third-party-notices.txt. What the tarball carries in itself is named with its whole licence; what npm installs
// beside it brings its own.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Development packages whose work is in the tarball beside the dashboard's: the flasher stubs. */
const CARRIED = ['esptool-js'];
/** Said by the licence file alone, and not by the package's manifest. */
const BY_FILE = { 'png-js': 'MIT' };

/** @param inside packages that the dashboard and the program were put together from */
export function writeNotices(inside) {
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const all = sbom();
  const carried = new Set([...inside, ...CARRIED]);
  const installed = comeAlong();
  const kept = all.components.filter(
    (component) => installed.has(`${component.name}@${component.version}`) || carried.has(component.name),
  );
  const refs = new Set([`${name}@${version}`, ...kept.map((component) => component['bom-ref'])]);
  for (const component of kept) {
    const id = BY_FILE[component.name];
    if (id !== undefined) component.licenses = [{ license: { id } }];
  }
  all.components = kept.map(withoutEmpty);
  all.dependencies = all.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }));
  // The folder's name and the moment are no facts of the package: the same sources make the same file.
  all.metadata.component = { ...withoutEmpty(all.metadata.component), name };
  delete all.metadata.timestamp;
  const digest = createHash('sha256').update(JSON.stringify(kept)).digest('hex');
  all.serialNumber = `urn:uuid:${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  writeFileSync(join(root, 'dist/sbom.cdx.json'), `${JSON.stringify(all)}\n`);
  writeFileSync(join(root, 'dist/third-party-notices.txt'), noticesOf(kept, carried));
}

/** By the lock file: `npm sbom --omit=dev` also leaves out what development packages need too. */
function comeAlong() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const rows = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  return new Set(rows.map(([path, { version }]) => `${path.replace(/.*node_modules\//, '')}@${version}`));
}

function sbom() {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const made = spawnSync(npm, ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    shell: process.platform === 'win32',
  });
  if (made.status !== 0) throw new Error(`npm sbom: ${made.error?.message ?? made.stderr}`);
  return JSON.parse(made.stdout);
}

function withoutEmpty(component) {
  return Object.fromEntries(
    Object.entries(component).filter(([, value]) => !Array.isArray(value) || value.length > 0),
  );
}

function noticesOf(components, carried) {
  const line = ({ name, version, licenses = [] }) =>
    `${name} ${version} (${licenses.map(({ license, expression }) => license?.id ?? license?.name ?? expression).join(', ')})`;
  const inside = components.filter(({ name }) => carried.has(name));
  const beside = components.filter(({ name }) => !carried.has(name));
  return [
    'Third-party work in this package, each under its own licence.\n',
    ...inside.map((component) => `${line(component)}\n\n${licenceOf(component.name).trim()}\n`),
    'Installed beside it by npm, each with its own licence file:\n',
    beside.map(line).sort().join('\n'),
    '',
  ].join('\n');
}

function licenceOf(name) {
  const folder = join(root, 'node_modules', name);
  const named = (pattern) => readdirSync(folder).find((entry) => pattern.test(entry));
  const file = named(/^licen[cs]e/i);
  if (file !== undefined) return readFileSync(join(folder, file), 'utf8');
  const readme = named(/^readme/i);
  const text = readme === undefined ? '' : readFileSync(join(folder, readme), 'utf8');
  const [, licence] = /^#+ licen[cs]e\s*\n(.*)/ims.exec(text) ?? [];
  if (licence === undefined) throw new Error(`${name} tells no licence, and its work is in the package`);
  return licence;
}
