// Writes the reference pages that are made from the code; with --check it only says which ones are out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generatedDocs } from '../dist/cli/reference.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const stale = [];
for (const [path, text] of await generatedDocs()) {
  const file = `${root}docs/reference/${path}`;
  let old = '';
  try {
    old = readFileSync(file, 'utf8');
  } catch {
    // A page that does not exist yet is simply out of date.
  }
  if (old === text) continue;
  stale.push(path);
  if (!process.argv.includes('--check')) writeFileSync(file, text);
}
console.log(stale.length === 0 ? 'docs: up to date' : `docs: ${stale.join(', ')} changed`);
if (process.argv.includes('--check') && stale.length > 0) process.exit(1);
