/** The npm package: the launchers, the bundle, what a user reads, and a manifest that asks for nothing but what runs. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../sources.ts';
import { NATIVE_PACKAGES, writeNpmLoaders, writePrograms } from './bundle.ts';
import { writeCaches } from './code-cache.ts';
import { licencesOf } from './licences.ts';
import { installedMachine } from './machines.ts';

/** Copied as they are. `bin/` is found by its manifest, the rest by people. */
const COPIED = ['bin', 'completion', 'docs', 'examples', 'CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md'];

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export function ownManifest(): Manifest {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
}

/** Writes what the package holds into an empty folder. */
export async function stagePackage(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  const lib = join(folder, 'lib');
  const bundled = await writePrograms(lib);
  await writeNpmLoaders(lib);
  writeCaches(lib, installedMachine());
  writeFileSync(join(folder, 'LICENSE-BUNDLED'), licencesOf(bundled));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(packedManifest(ownManifest()), null, 2)}\n`);
  setModes(folder, join(folder, 'bin'));
}

/** Packs the folder and returns the name of the file. npm gives every file the same time, and sorts them. */
export function packFolder(folder: string, into: string): string {
  const { name, version } = ownManifest();
  execFileSync('npm', ['pack', folder, '--pack-destination', into, '--ignore-scripts', '--silent'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return `${name}-${version}.tgz`;
}

/**
 * Without what is for the checkout, and without `engines`: the Node that runs npm is not the one that runs Overcoat. What is part of
 * the bundle is no dependency any more.
 */
function packedManifest(manifest: Manifest): object {
  const { name, version, description, license, type, bin, optionalDependencies } = manifest;
  const dependencies = Object.fromEntries(Object.entries(manifest.dependencies).filter(([name]) => NATIVE_PACKAGES.includes(name)));
  return { name, version, description, license, type, bin, dependencies, optionalDependencies };
}

/** The same rights whatever the umask of a checkout was. */
function setModes(folder: string, programs: string): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, entry);
    const program = dirname(path) === programs && !path.endsWith('.sh');
    chmodSync(path, program || statSync(path).isDirectory() ? 0o755 : 0o644);
  }
}
