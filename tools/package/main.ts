/**
 * `npm run package [-- [--arm64] [--image] [FOLDER]]`: the npm package, the single executable, its licences, the Debian packages, the bill of materials and the checksums of all. The same
 * checkout gives the same bytes; the one time in them is that of SOURCE_DATE_EPOCH (seconds), and without it there is none.
 * For arm64 packages are fetched by their checksums, for the image from Debian; else nothing is.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RELEASE_DATE } from '../docs/release-date.ts';
import { ROOT } from '../sources.ts';
import { writeDebs } from './deb.ts';
import { writeImage } from './image.ts';
import { licencesOfSingle } from './licences.ts';
import type { Machine } from './machines.ts';
import { fetchedArm64, installedMachine } from './machines.ts';
import { ownManifest, packFolder, stagePackage } from './npm-package.ts';
import { billOfMaterials, lockedMaterials } from './sbom.ts';
import { writeSingle } from './single.ts';
import { sourceDate } from './source-date.ts';

const SWITCH = { type: 'boolean', default: false } as const;
const { values, positionals } = parseArgs({ allowPositionals: true, options: { arm64: SWITCH, image: SWITCH } });
const folder = resolve(process.env['INIT_CWD'] ?? '.', positionals[0] ?? join(ROOT, 'dist'));
const { name, version } = ownManifest();

mkdirSync(folder, { recursive: true });
const materials = lockedMaterials(); // first: an older npm is found out before minutes of building
const built = [await packPackage(), ...(await buildSingles()), ...(values.image ? [buildImage()] : [])].map((file) => ({
  file,
  sha256: sha256Of(file),
}));
const bom = `${name}-${version}.cdx.json`;
writeFileSync(join(folder, bom), billOfMaterials(materials, built, sourceDate()));
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

/** @returns the executables, their licences, which are the same for all machines, and the Debian packages around them */
async function buildSingles(): Promise<readonly string[]> {
  const fetched = mkdtempSync(join(tmpdir(), 'overcoat-machine-'));
  try {
    const machines = [installedMachine(), ...(values.arm64 ? [fetchedArm64(fetched)] : [])];
    const files = machines.map((machine) => `${name}-${machine.name}`);
    let bundled: readonly string[] = [];
    for (const [index, machine] of machines.entries()) bundled = await writeSingle(machine, join(folder, files[index] as string));
    const licences = `${name}-${version}.licences.txt`;
    writeFileSync(join(folder, licences), licencesOfSingle(bundled));
    return [...files, licences, ...new Set(machines.flatMap((machine) => buildDebs(machine, licences)))];
  } finally {
    rmSync(fetched, { recursive: true });
  }
}

/** A file in a package has a time whether anybody has said one or not. */
function buildDebs({ name: machine, debian }: Machine, licences: string): readonly string[] {
  return writeDebs(folder, {
    executable: join(folder, `${name}-${machine}`),
    architecture: debian,
    revision: 1,
    licences: readFileSync(join(folder, licences), 'utf8'),
    time: sourceDate() ?? Date.parse(RELEASE_DATE) / 1000,
  });
}

/** Made of the executable that has just been built. */
function buildImage(): string {
  const work = mkdtempSync(join(tmpdir(), 'overcoat-image-'));
  try {
    const { name: machine } = installedMachine();
    const file = `${name}-${version}-${machine}.oci.tar`;
    const executable = join(folder, `${name}-${machine}`);
    writeImage({ executable, version, builtAt: sourceDate() ?? 0, work, output: join(folder, file) });
    return file;
  } finally {
    rmSync(work, { recursive: true });
  }
}

function sha256Of(file: string): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, file)))
    .digest('hex');
}
