// Writes docs/reference/performance.md and its pictures from the last whole run. `npm run bench -- performance`
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../test/support/reference-tools.js';
import { performancePage, readWholeRun } from './support/performance-page.js';

const { markdown, pictures } = performancePage(readWholeRun(join(ROOT, 'bench/results/one-run')));
writeFileSync(join(ROOT, 'docs/reference/performance.md'), markdown);
for (const [name, svg] of pictures) writeFileSync(join(ROOT, 'docs/images', name), svg);
console.log(`docs/reference/performance.md and ${pictures.size} pictures written`);
