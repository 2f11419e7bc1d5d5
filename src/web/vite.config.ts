// Builds the dashboard into dist/web: one page, no inline code, nothing from another host. Writes down whose work is in it.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Names of the packages that went into the page, for the notices. */
const notePackages: Plugin = {
  name: 'note-packages',
  generateBundle() {
    const names = [...this.getModuleIds()].flatMap(
      (id) => /.*node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id)?.[1]?.replace('\\', '/') ?? [],
    );
    writeFileSync(`${here}../../dist/page-packages.json`, JSON.stringify([...new Set(names)].sort()));
  },
};

export default defineConfig({
  root: here,
  plugins: [notePackages],
  // Relative, so that the page also works below a path of another server.
  base: './',
  build: {
    outDir: `${here}../../dist/web`,
    emptyOutDir: true,
    // The first versions that know light-dark() and container queries: nothing needs to be rewritten for them.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // A data: address would need a hole in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
