/**
 * Exit code 0 when node_modules holds exactly what package-lock.json names, else 1. Plain JavaScript without dependencies: it
 * decides whether `npm ci` has to run, so it may meet an old Node and a half-installed tree.
 */
import { readFileSync } from 'node:fs';

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')).packages;
  } catch {
    return {};
  }
}

const wanted = packagesOf('../package-lock.json');
const installed = packagesOf('../node_modules/.package-lock.json');
// Optional packages are for other platforms, except when another version of them is here.
const stale = Object.entries(wanted).filter(([path, entry]) => {
  if (path === '') return false;
  const found = installed[path];
  return found === undefined ? entry.optional !== true : found.version !== entry.version || found.integrity !== entry.integrity;
});
process.exitCode = stale.length === 0 ? 0 : 1;
