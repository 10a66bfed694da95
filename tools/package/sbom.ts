/** What the program consists of and asks for, as npm tells it from the lock file (CycloneDX), for all platforms; the same each time. */
import { execFileSync } from 'node:child_process';
import { ROOT } from '../sources.ts';
import { ownManifest } from './npm-package.ts';

export interface Bom {
  serialNumber?: string;
  readonly metadata: { timestamp?: string; readonly component: { name: string; components?: readonly object[] } };
}

export interface BuiltFile {
  readonly file: string;
  readonly sha256: string;
}

/** What the program asks for. @throws Error where npm cannot tell, which is before version 10 */
export function lockedMaterials(): Bom {
  const argv = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'];
  try {
    return JSON.parse(execFileSync('npm', argv, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })) as Bom;
  } catch (cause) {
    throw new Error('`npm sbom` failed; it is part of npm 10 and later, and that of Debian is older', { cause });
  }
}

/**
 * @param bom of `lockedMaterials`; changed
 * @param builtAt in seconds, or undefined where nobody has said a time that would be the same tomorrow
 */
export function billOfMaterials(bom: Bom, built: readonly BuiltFile[], builtAt: number | undefined): string {
  delete bom.serialNumber; // random
  delete bom.metadata.timestamp;
  if (builtAt !== undefined) bom.metadata.timestamp = new Date(builtAt * 1000).toISOString();
  bom.metadata.component.name = ownManifest().name; // npm takes that of the folder
  bom.metadata.component.components = built.map(({ file, sha256 }) => ({
    type: 'file',
    name: file,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
  }));
  return `${JSON.stringify(bom, null, 2)}\n`;
}
