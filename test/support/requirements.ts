/**
 * What a test needs from the machine. The answer goes straight into node:test's `skip` option: false when everything is there,
 * else one sentence naming what is missing, which the closing report prints.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../src/linux/files/find-program.ts';
import { DIST } from './overcoat/checkout.ts';

export interface Requirements {
  readonly root?: boolean;
  readonly linux?: boolean;
  /** Debian packages; they must be listed in tools/test-packages.txt, which is what `npm test` installs. */
  readonly packages?: readonly string[];
  /** Programs to be found on PATH or in the sbin folders. */
  readonly commands?: readonly string[];
  /** The sources themselves: nothing that was built of them (`npm test -- --dist`). */
  readonly checkout?: boolean;
  /** A launcher before the runtime, which the single executable does without (docs/installing.md says what that costs). */
  readonly launcher?: boolean;
  /** Network namespaces: Linux, root, iproute2, and a kernel and container that let us make one. */
  readonly netns?: boolean;
}

/** @returns false, or why the test cannot run here: `needs the Debian package stunnel4`. */
export function requires(needed: Requirements): string | false {
  if (needed.checkout === true && DIST !== undefined) return 'needs the sources of the checkout';
  if (needed.launcher === true && (DIST === 'single' || DIST === 'deb')) return 'needs a launcher, and the single executable has none';
  if ((needed.linux === true || needed.netns === true) && process.platform !== 'linux') return 'needs Linux';
  if ((needed.root === true || needed.netns === true) && process.getuid?.() !== 0) return 'needs root';
  const packages = needed.packages === undefined ? [] : missingPackages(needed.packages, installedPackages());
  if (packages.length > 0) return `needs the Debian package${packages.length > 1 ? 's' : ''} ${packages.join(', ')}`;
  const commands = (needed.commands ?? []).filter((name) => findProgram(name) === undefined);
  if (commands.length > 0) return `needs the program${commands.length > 1 ? 's' : ''} ${commands.join(', ')}`;
  if (needed.netns === true) return namespaceObstacle();
  return false;
}

const PACKAGE_LIST = join(import.meta.dirname, '../../tools/test-packages.txt');

/**
 * Those of `packages`, and of what the list says they need, that are not `installed`. A package that is not in the list would never
 * be installed and its tests would be skipped for ever: that throws.
 */
export function missingPackages(packages: readonly string[], installed: ReadonlySet<string>): string[] {
  const list = readFileSync(PACKAGE_LIST, 'utf8').split('\n');
  const forgotten = packages.filter((name) => !list.some((line) => nameOf(line) === name));
  if (forgotten.length > 0) throw new Error(`not in tools/test-packages.txt: ${forgotten.join(', ')}`);
  const needs = list.filter((line) => packages.some((name) => line.includes(`# for ${name}: `))).map(nameOf);
  return [...packages, ...needs].filter((name) => !installed.has(name));
}

function nameOf(line: string): string {
  return line.split(/[ #]/, 1)[0] ?? '';
}

let packageNames: ReadonlySet<string> | undefined;

function installedPackages(): ReadonlySet<string> {
  if (packageNames !== undefined) return packageNames;
  let listing = '';
  try {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders
    const format = '${Package}\t${db:Status-Status}\n';
    listing = execFileSync('dpkg-query', ['-W', '-f', format], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    // no dpkg: no Debian package is installed
  }
  const lines = listing.split('\n').map((line) => line.split('\t'));
  packageNames = new Set(lines.filter(([, status]) => status === 'installed').map(([name]) => name ?? ''));
  return packageNames;
}

let namespaceAnswer: string | false | undefined;

function namespaceObstacle(): string | false {
  if (namespaceAnswer !== undefined) return namespaceAnswer;
  if (findProgram('ip') === undefined) return 'needs the Debian package iproute2';
  const name = `overcoat-probe-${process.pid}`;
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
    execFileSync('ip', ['netns', 'delete', name], { stdio: 'pipe' });
    namespaceAnswer = false;
  } catch {
    namespaceAnswer = 'needs network namespaces (`ip netns add` fails here)';
  }
  return namespaceAnswer;
}
