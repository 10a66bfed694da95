/** `overcoat --version`: ours, and those of what we stand on. */
import { missingFeatures, opensslVersion } from '../openssl/library/version.ts';
import { overcoatVersion } from '../self.ts';
import { print } from './terminal/print.ts';

/** @returns the exit code */
export function printVersion(): 0 {
  print(`overcoat ${overcoatVersion()} (${opensslVersion()}, Node.js ${process.versions.node})\n`);
  for (const missing of missingFeatures()) print(`  without ${missing}\n`);
  return 0;
}
