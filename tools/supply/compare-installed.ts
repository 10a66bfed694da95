/**
 * Whether the files in node_modules are those of the packages in the lock file. npm keeps each package it fetched, as it came, under its
 * checksum; that copy is held against the checksum of package-lock.json again and unpacked beside the installed one. So a file that was
 * changed after the install is found, also in the runtime itself, and without a network; and so is what no line of the lock file names, which
 * would be taken before what one does.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Lock } from './lock.ts';
import { nameOf } from './lock.ts';

export interface Comparison {
  /** Packages whose every file is as it came. */
  readonly compared: number;
  /** Installed packages that npm's cache does not have, as NAME@VERSION. */
  readonly missing: readonly string[];
  /** One sentence a file that differs, or a package that is nobody's. */
  readonly changed: readonly string[];
}

/** @param root the top of the checkout @param cache npm's, by default the one npm names */
export function compareInstalled(lock: Lock, root: string, cache = npmCache()): Comparison {
  const missing: string[] = [];
  const changed = strangersIn('node_modules', lock, root);
  let compared = 0;
  for (const [path, { version, integrity }] of Object.entries(lock)) {
    if (path === '' || integrity === undefined || !existsSync(join(root, path))) continue; // optional ones are for other machines
    const file = cachedFile(cache, integrity);
    const about = `${nameOf(path)}@${version}`;
    if (!existsSync(file)) {
      missing.push(about);
      continue;
    }
    const differences = differencesOf(file, integrity, join(root, path));
    changed.push(...differences.map((difference) => `${about}: ${difference}`));
    if (differences.length === 0) compared += 1;
  }
  return { compared, missing, changed };
}

function npmCache(): string {
  return execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim();
}

/** Where npm's cache (cacache) keeps what has this checksum: two levels of folders by its first hexadecimal digits. */
function cachedFile(cache: string, integrity: string): string {
  const hex = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
  return join(cache, '_cacache/content-v2/sha512', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
}

function differencesOf(file: string, integrity: string, installed: string): string[] {
  const sum = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  if (sum !== integrity) return [`the copy in npm's cache has the checksum ${sum}, not ${integrity}`];
  const folder = mkdtempSync(join(tmpdir(), 'overcoat-package-'));
  try {
    execFileSync('tar', ['--extract', '--gzip', '--file', file, '--directory', folder, '--strip-components', '1', '--no-same-owner']);
    const packed = new Set(filesBelow(folder));
    const present = filesBelow(installed);
    return [
      ...[...packed].filter((name) => !same(join(folder, name), join(installed, name))).map((name) => `${name} is not as it came`),
      ...present.filter((name) => !packed.has(name)).map((name) => `${name} did not come with it`),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function same(packed: string, installed: string): boolean {
  return existsSync(installed) && readFileSync(packed).equals(readFileSync(installed));
}

/** What npm itself writes there, and what tools keep. */
const NO_PACKAGES: ReadonlySet<string> = new Set(['.bin', '.cache', '.package-lock.json']);

/** @param folder a `node_modules`, below `root` */
function strangersIn(folder: string, lock: Lock, root: string): string[] {
  return entriesOf(join(root, folder)).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (NO_PACKAGES.has(entry.name)) return [];
    if (entry.isDirectory() && entry.name.startsWith('@')) return strangersIn(path, lock, root); // a scope
    if (!entry.isDirectory() || lock[path] === undefined)
      return [`${path} is in no line of package-lock.json: remove it, or run \`npm ci\``];
    return strangersIn(`${path}/node_modules`, lock, root);
  });
}

function entriesOf(folder: string): readonly Dirent[] {
  return existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
}

/** Paths below a package, without the packages that are installed within it. */
function filesBelow(folder: string, from = folder): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' && folder === from ? [] : filesBelow(path, from);
    return [relative(from, path)];
  });
}
