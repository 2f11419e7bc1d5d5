// A Chromium for the browser tests, from the package that carries one; and what happens where there is none.
import chromium from '@sparticuz/chromium';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium as playwright, type Browser } from 'playwright-core';
import { toolAvailable, ROOT } from './reference-tools.js';

const FONTS = join(ROOT, '.cache/fonts');
/** One tab, no sandbox (a container often cannot give one), and nobody is called home. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-domain-reliability',
  '--font-render-hinting=none',
  '--autoplay-policy=no-user-gesture-required',
];

/** Where Chromium is; the package unpacks it at the first call. */
async function chromiumPath(): Promise<string> {
  try {
    return await chromium.executablePath();
  } catch (error) {
    return `not unpacked: ${String(error)}`;
  }
}

/** Loud on a desk, an exception under `CI=true`. */
export async function browserAvailable(): Promise<boolean> {
  return toolAvailable('Chromium', await chromiumPath());
}

let launched: Promise<Browser> | undefined;

/** The browser of this process, for all its tests; it ends with the process. Each test has a context of its own. */
export async function sharedBrowser(): Promise<Browser> {
  // One that a test has brought down is nobody's fault afterwards.
  if (launched !== undefined && !(await launched).isConnected()) launched = undefined;
  launched ??= chromiumPath().then((executablePath) =>
    playwright.launch({
      executablePath,
      args: ARGS,
      env: { ...process.env, FONTCONFIG_PATH: writeFontsConf() },
    }),
  );
  return launched;
}

/** The package carries Open Sans; with it a page looks the same on a machine without any font. */
function writeFontsConf(): string {
  mkdirSync(FONTS, { recursive: true });
  const prefer = (family: string, name: string): string =>
    `<alias binding="same"><family>${family}</family><prefer><family>${name}</family></prefer></alias>`;
  const conf = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>${join(tmpdir(), 'fonts')}</dir><dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir>
<cachedir>${FONTS}</cachedir>
${['sans-serif', 'system-ui'].map((family) => prefer(family, 'Open Sans')).join('')}
${prefer('monospace', 'DejaVu Sans Mono')}
</fontconfig>`;
  writeFileSync(join(FONTS, 'fonts.conf'), conf);
  return FONTS;
}
