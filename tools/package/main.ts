/**
 * `npm run package [FOLDER]`: the npm package, its bill of materials and the checksums of both. The same checkout gives the same
 * bytes; the one time in them is that of SOURCE_DATE_EPOCH (seconds), and without it there is none.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ROOT } from '../sources.ts';
import { ownManifest, packFolder, stagePackage } from './npm-package.ts';
import { billOfMaterials } from './sbom.ts';

const folder = resolve(process.env['INIT_CWD'] ?? '.', process.argv[2] ?? join(ROOT, 'dist'));
const { name, version } = ownManifest();

mkdirSync(folder, { recursive: true });
const packed = await packPackage();
const bom = `${name}-${version}.cdx.json`;
writeFileSync(join(folder, bom), billOfMaterials(sourceDate()));
writeFileSync(join(folder, 'SHA256SUMS'), [bom, packed].map(checksumLine).join(''));
for (const file of [packed, bom, 'SHA256SUMS'])
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

/** As sha256sum reads it. */
function checksumLine(file: string): string {
  const sum = createHash('sha256')
    .update(readFileSync(join(folder, file)))
    .digest('hex');
  return `${sum}  ${file}\n`;
}

function sourceDate(): number | undefined {
  const text = process.env['SOURCE_DATE_EPOCH'];
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`SOURCE_DATE_EPOCH is not a number of seconds: ${text}`);
  return Number(text);
}
