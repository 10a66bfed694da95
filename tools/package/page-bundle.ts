/** The page at `/` for a package: its modules and packages as one script, and everything beside it, inside the program as text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { build } from 'esbuild';
import type { PageFile } from '../../src/status/http/page-parts.ts';
import { PAGE_ASSETS, PAGE_FOLDER, PAGE_MAIN, PAGE_PACKAGE_ASSETS, pageAddress, pageFile } from '../../src/status/http/page-parts.ts';
import { ROOT } from '../sources.ts';

/** Stands in the place of src/status/http/page-files.ts. @param took gets the files that became part of the script */
export function pageInside(took: (inputs: readonly string[]) => void): Plugin {
  return {
    name: 'page-inside',
    setup({ onLoad }) {
      onLoad({ filter: /\/status\/http\/page-files\.ts$/ }, async () => {
        const files = await bundledPage(took);
        const text = JSON.stringify(Object.fromEntries(files));
        return { contents: `const FILES = new Map(Object.entries(${text}));\nexport const pageFiles = async () => FILES;`, loader: 'js' };
      });
    },
  };
}

/** By address, as `pageFiles` has them. @param took as that of `pageInside` */
export async function bundledPage(took: (inputs: readonly string[]) => void): Promise<ReadonlyMap<string, PageFile>> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [join('src', PAGE_MAIN)],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    charset: 'utf8',
    legalComments: 'none', // the licences stand in a file of their own
    metafile: true,
    logLevel: 'warning',
  });
  took(Object.keys(metafile.inputs));
  return new Map([
    [pageAddress(PAGE_MAIN), pageFile('module.js', outputFiles[0]?.text ?? '')],
    ...Object.entries(PAGE_ASSETS).map(([address, name]) => [address, fileAt(join('src', PAGE_FOLDER, name))] as const),
    ...Object.entries(PAGE_PACKAGE_ASSETS).map(([address, name]) => [address, fileAt(join('node_modules', name))] as const),
  ]);
}

function fileAt(path: string): PageFile {
  return pageFile(path, readFileSync(join(ROOT, path), 'utf8'));
}
