/** The machines the single executable is built for, and where the compiled parts for each are. */
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

function machineIn(name: string, packages: string, strip: string): Machine {
  return {
    name,
    debian: name === 'linux-arm64' ? 'arm64' : 'amd64',
    runtime: join(packages, `node-${name}/bin/node`),
    binding: join(packages, `@koromix/koffi-${name}/${name.replace('-', '_')}/koffi.node`),
    strip,
  };
}
