/**
 * `npm run package [FOLDER]`: the npm package, the single executable, its licences, the bill of materials and the checksums of all. The same
 * checkout gives the same bytes; the one time in them is that of SOURCE_DATE_EPOCH (seconds), and without it there is none.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ROOT } from '../sources.ts';
import { licencesOfSingle } from './licences.ts';
import { installedMachine } from './machines.ts';
import { ownManifest, packFolder, stagePackage } from './npm-package.ts';
import { billOfMaterials } from './sbom.ts';
import { writeSingle } from './single.ts';

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
  return [file, licences];
}

function sha256Of(file: string): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, file)))
    .digest('hex');
}

function sourceDate(): number | undefined {
  const text = process.env['SOURCE_DATE_EPOCH'];
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`SOURCE_DATE_EPOCH is not a number of seconds: ${text}`);
  return Number(text);
}
