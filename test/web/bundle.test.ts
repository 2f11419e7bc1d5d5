// What the built page weighs, and that nothing in it needs another host or a hole in the policy.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/judges.js';

const DIST = join(ROOT, 'dist/web');
const MAX_SCRIPT_BYTES = 60 * 1024;
const files = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));
const read = (name: string): Buffer => readFileSync(join(DIST, name));

describe('the built page', () => {
  it('has at most 60 KB of script in all, compressed', () => {
    const scripts = files.filter((name) => name.endsWith('.js'));
    const bytes = scripts.reduce((sum, name) => sum + gzipSync(read(name), { level: 9 }).length, 0);
    console.log(`script of the page: ${(bytes / 1024).toFixed(1)} KB gzip in ${scripts.length} files`);
    expect(scripts.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(MAX_SCRIPT_BYTES);
  });

  it('has no inline script or style', () => {
    const html = read('index.html').toString();
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
  });

  it('names no other host but those of namespaces and examples', () => {
    const hosts = files.flatMap((name) =>
      [
        ...read(name)
          .toString()
          .matchAll(/https?:\/\/([\w.-]+)/g),
      ].map(([, host]) => host),
    );
    expect([...new Set(hosts)].sort()).toEqual(['ca.example.com', 'www.w3.org']);
  });

  it('brings no font, no map and no picture but its icon', () => {
    expect(files.filter((name) => !/\.(js|css|html)$/.test(name))).toEqual(['icon.svg']);
  });
});
