/**
 * `npm run package [FOLDER]`: the npm package, the single executable, its licences, the Debian packages, the bill of materials and the checksums of all. The same
 * checkout gives the same bytes; the one time in them is that of SOURCE_DATE_EPOCH (seconds), and without it there is none.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RELEASE_DATE } from '../docs/release-date.ts';
import { ROOT } from '../sources.ts';
import { writeDebs } from './deb.ts';
import { licencesOfSingle } from './licences.ts';
import type { Machine } from './machines.ts';
import { installedMachine } from './machines.ts';
import { ownManifest, packFolder, stagePackage } from './npm-package.ts';
import { billOfMaterials } from './sbom.ts';
import { writeSingle } from './single.ts';
import { sourceDate } from './source-date.ts';

const folder = resolve(process.env['INIT_CWD'] ?? '.', process.argv[2] ?? join(ROOT, 'dist'));
const { name, version } = ownManifest();

mkdirSync(folder, { recursive: true });
const built = [await packPackage(), ...(await buildSingle())].map((file) => ({ file, sha256: sha256Of(file) }));
const bom = `${name}-${version}.cdx.json`;
writeFileSync(join(folder, bom), billOfMaterials(built, sourceDate()));
const summed = [{ file: bom, sha256: sha256Of(bom) }, ...built];
writeFileSync(join(folder, 'SHA256SUMS'), summed.map(({ file, sha256 }) => `${sha256}  ${file}\n`).join(''));
for (const file of [...summed.map((each) => each.file), 'SHA256SUMS'])
  console.log(`${join(folder, file)}: ${Math.ceil(statSync(join(folder, file)).size / 1024)} KiB`);

async function packPackage(): Promise<string> {
  const stage = mkdtempSync(join(tmpdir(), 'overcoat-package-'));
  try {
    await stagePackage(stage);
    return packFolder(stage, folder);
  } finally {
    rmSync(stage, { recursive: true });
  }
}

async function buildSingle(): Promise<readonly string[]> {
  const machine = installedMachine();
  const file = `${name}-${machine.name}`;
  const bundled = await writeSingle(machine, join(folder, file));
  const licences = `${name}-${version}.licences.txt`;
  writeFileSync(join(folder, licences), licencesOfSingle(bundled));
  return [file, licences, ...buildDebs(file, licences, machine)];
}

/** A file in a package has a time whether anybody has said one or not. */
function buildDebs(file: string, licences: string, { debian }: Machine): readonly string[] {
  return writeDebs(folder, {
    executable: join(folder, file),
    architecture: debian,
    revision: 1,
    licences: readFileSync(join(folder, licences), 'utf8'),
    time: sourceDate() ?? Date.parse(RELEASE_DATE) / 1000,
  });
}

function sha256Of(file: string): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, file)))
    .digest('hex');
}
