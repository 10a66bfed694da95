/** Debian's Chromium, driven by playwright-core: headless, with an empty profile, and asking nobody but the page it is sent to. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { chromium } from 'playwright-core';
import type { Host } from '../net/netns.ts';
import type { Ending } from '../temp.ts';
import { tempFolder } from '../temp.ts';

const PROGRAM = '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @param host where it runs; undefined: this machine */
export async function openBrowser(t: Ending, host?: Host): Promise<BrowserContext> {
  const folder = tempFolder(t);
  let executablePath = PROGRAM;
  if (host !== undefined) {
    executablePath = join(folder, 'chromium');
    writeFileSync(executablePath, `#!/bin/sh\nexec ${host.enter([PROGRAM]).join(' ')} "$@"\n`);
    chmodSync(executablePath, 0o755);
  }
  const options = { executablePath, headless: true, args: FLAGS, viewport: { width: 1280, height: 900 } };
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), options);
  t.after(() => context.close());
  return context;
}
