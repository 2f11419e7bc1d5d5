// Builds the dashboard into dist/web: one page, no inline code, nothing from another host.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root: here,
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
