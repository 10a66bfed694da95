/**
 * What can be said of the supply chain without a network: every package of the lock file has its checksum and comes from npm's registry,
 * none needs its install script, and the runtime that runs this check is none that a kept list (supply/known-vulnerabilities.json) knows
 * to be affected. `npm run check -- --bytes` compares the installed files with the packages besides, see supply/compare-installed.ts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { conclude, ROOT } from './sources.ts';
import type { KnownVulnerabilities } from './supply/affected.ts';
import { affecting, daysBetween, faults, REVIEW_DAYS } from './supply/affected.ts';
import { compareInstalled } from './supply/compare-installed.ts';
import type { Lock } from './supply/lock.ts';
import { lockFaults } from './supply/lock.ts';

const LIST = 'tools/supply/known-vulnerabilities.json';

const { packages } = JSON.parse(text('package-lock.json')) as { readonly packages: Lock };
const known = JSON.parse(text(LIST)) as KnownVulnerabilities;
const findings = [...lockFaults(packages, text('.npmrc')), ...faults(known).map((fault) => `${LIST}: ${fault}`), ...affectedRuntime()];
if (process.argv.includes('--bytes')) {
  const { compared, missing, changed } = compareInstalled(packages, ROOT);
  findings.push(...changed);
  console.log(`${compared} installed packages are, file by file, what package-lock.json has the checksums of`);
  if (missing.length > 0) console.log(`not compared, since npm's cache has no package (npm cache add NAME@VERSION): ${missing.join(', ')}`);
}
conclude(
  Object.keys(packages).length,
  findings.map((finding) => ({ path: 'supply chain', line: 0, text: finding })),
);

function affectedRuntime(): string[] {
  const { node, openssl } = process.versions;
  const age = daysBetween(known.reviewed, new Date());
  if (age > REVIEW_DAYS)
    console.log(
      `supply chain: the list of known vulnerabilities was looked at ${age} days ago: see "Security releases" in docs/releasing.md`,
    );
  return affecting(known.advisories, { node, openssl: openssl ?? '' }).flatMap((advisory) => {
    const about = `${advisory.component} ${advisory.component === 'node' ? node : openssl} is affected by ${advisory.cves.join(', ')} (${advisory.severity}, ${advisory.published}, fixed in ${advisory.fixedIn}): ${advisory.about}`;
    if (advisory.reaches === 'yes') return [`${about}. It reaches Overcoat: ${advisory.why}. Raise the runtime in package.json`];
    console.log(`supply chain: ${about}. It does not reach Overcoat: ${advisory.why}`);
    return [];
  });
}

function text(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
