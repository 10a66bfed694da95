/** Where the program under test is; also for tests that run it as another user, who cannot enter a checkout below a folder like /root. */
import { constants, cpSync, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sharedFolder } from '../temp.ts';

/** The top of the checkout. */
export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** What is tested, where it is not the checkout: what `npm test -- --dist` built of it and has named here. */
export const DIST = process.env['OVERCOAT_TEST_DIST'] as 'deb' | 'npm' | 'single' | undefined;

/**
 * The folder with `overcoat` and `overcoat-stunnel`: the only place that says which program the tests start. `npm test` makes a bundle of
 * the checkout, which starts sooner (tools/test/dist.ts); a test file that is run by itself starts the checkout.
 */
export const BIN = process.env['OVERCOAT_TEST_BIN'] ?? join(ROOT, 'bin');

/** The same for tests that run it as another user, who may not enter every folder. */
export function openBin(): string {
  return DIST === undefined && !isOpen(ROOT) ? join(openCheckout(), 'bin') : BIN;
}

let open: string | undefined;

/** The top of the checkout, or of a copy of what runs, made once per test process, where other users cannot enter the checkout. */
export function openCheckout(): string {
  open ??= isOpen(ROOT) ? ROOT : copyOf(ROOT, join(sharedFolder(), 'checkout'));
  return open;
}

/** Whether every user may enter the folder and all above it. */
function isOpen(folder: string): boolean {
  const enterable = (statSync(folder).mode & constants.S_IXOTH) !== 0;
  return enterable && (folder === dirname(folder) || isOpen(dirname(folder)));
}

function copyOf(from: string, to: string): string {
  const { packages } = JSON.parse(readFileSync(join(from, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  const needed = Object.entries(packages).flatMap(([path, { dev = false }]) => (path === '' || dev ? [] : [path]));
  for (const path of ['bin', 'src', 'package.json', 'node_modules/.bin/node', ...needed]) {
    if (!existsSync(join(from, path))) continue; // an optional package for another platform
    cpSync(join(from, path), join(to, path), { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
  }
  return to;
}
