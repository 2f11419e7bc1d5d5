// What the built page weighs, and that nothing in it needs another host or a hole in the policy.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/reference-tools.js';

const DIST = join(ROOT, 'dist/web');
const KB = 1024;
/** What a tablet on the line loads before its tiles show. */
const MAX_FIRST_BYTES = 40 * KB;
/** Every page in one language; what the first does not need comes behind the first paint. */
const MAX_SCRIPT_BYTES = 84 * KB;
/** A file for each other language, which comes when it is wanted. */
const LANGUAGE = /^assets\/(vi|zh|de|es)-/;
const files = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));
const read = (name: string): Buffer => readFileSync(join(DIST, name));

describe('the built page', () => {
  const scripts = files.filter((name) => name.endsWith('.js'));
  const weigh = (what: string, names: readonly string[]): number => {
    const bytes = names.reduce((sum, name) => sum + gzipSync(read(name)).length, 0);
    console.log(`${what}: ${(bytes / KB).toFixed(1)} KB gzip in ${names.length} files`);
    expect(bytes).toBeGreaterThan(0);
    return bytes;
  };

  it('loads at most 40 KB of script, compressed, before the station page shows', () => {
    const html = read('index.html').toString();
    const first = scripts.filter((name) => html.includes(name));
    expect(weigh('first load', first)).toBeLessThanOrEqual(MAX_FIRST_BYTES);
  });

  it('has at most 84 KB of script, compressed, with all of its pages', () => {
    const pages = scripts.filter((name) => !LANGUAGE.test(name));
    expect(scripts.length - pages.length).toBe(4);
    expect(weigh('all pages', pages)).toBeLessThanOrEqual(MAX_SCRIPT_BYTES);
  });

  it('has no inline script or style, and no address from the root: a proxy may serve it below a path', () => {
    const html = read('index.html').toString();
    expect(html).not.toMatch(/(?:src|href)="\//);
    for (const name of scripts) expect(read(name).toString(), name).not.toMatch(/["'`]\/api\/v1/);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
  });

  it('names no other host but those of namespaces, examples and the portal that a board opens itself', () => {
    const hosts = files.flatMap((name) =>
      [
        ...read(name)
          .toString()
          .matchAll(/https?:\/\/([\w.-]+)/g),
      ].map(([, host]) => host),
    );
    expect([...new Set(hosts)].sort()).toEqual(['192.168.4.1', 'ca.example.com', 'www.w3.org']);
  });

  it('brings no font, no map and no picture but its icon', () => {
    expect(files.filter((name) => !/\.(js|css|html|json)$/.test(name))).toEqual(['icon.svg']);
  });
});
