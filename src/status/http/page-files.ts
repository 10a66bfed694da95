/**
 * The files of the page, from a checkout: its modules without their types, and the packages they use, which a browser cannot find by name.
 * In a package another module stands in the place of this one, made by tools/package/page-bundle.ts, which holds them all as text.
 */
import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ownFile, packageUrl } from '../../self.ts';
import type { PageFile } from './page-parts.ts';
import { PAGE_ASSETS, PAGE_FOLDER, PAGE_PACKAGE_ASSETS, PAGE_USES, pageAddress, pageFile } from './page-parts.ts';

/** What modules of the page import by name -> the file that a browser takes. */
const PACKAGES: Readonly<Record<string, string>> = {
  htm: 'htm',
  preact: 'preact',
  'preact/hooks': 'preact/hooks',
  uplot: 'uplot/dist/uPlot.esm.js',
};
const IMPORTED = /(\bfrom\s*|\bimport\s*)(['"])([^'"\n]+)\2/g;

let files: Promise<ReadonlyMap<string, PageFile>> | undefined;

/** By address. Read once: later the files may be out of reach, or of another version. */
export function pageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  files ??= readAll();
  return files;
}

async function readAll(): Promise<ReadonlyMap<string, PageFile>> {
  const names = await readdir(ownFile(PAGE_FOLDER), { recursive: true });
  const modules = [...names.filter((name) => name.endsWith('.ts')).map((name) => `${PAGE_FOLDER}/${name}`), ...PAGE_USES];
  const entries = await Promise.all([
    ...modules.map(async (module) => {
      const text = stripTypeScriptTypes(await readFile(ownFile(module), 'utf8'));
      return [pageAddress(module), pageFile('module.js', forBrowsers(text))] as const;
    }),
    ...Object.entries(PACKAGES).map(async ([name, file]) => {
      return [packageAddress(name), pageFile('module.js', forBrowsers(await readPackageFile(file)))] as const;
    }),
    ...Object.entries(PAGE_ASSETS).map(async ([address, name]) => {
      return [address, pageFile(name, await readFile(ownFile(`${PAGE_FOLDER}/${name}`), 'utf8'))] as const;
    }),
    ...Object.entries(PAGE_PACKAGE_ASSETS).map(async ([address, name]) => {
      return [address, pageFile(name, await readPackageFile(name))] as const;
    }),
  ]);
  const files = new Map<string, PageFile>(entries);
  const index = files.get('/');
  if (index !== undefined) files.set('/', { ...index, body: index.body.replace('</head>', `${preloads([...files.keys()])}</head>`) });
  return files;
}

/** All modules at once, where the browser would find each by reading the one before. */
function preloads(addresses: readonly string[]): string {
  const modules = addresses.filter((address) => address.endsWith('.js'));
  return modules.map((address) => `<link rel="modulepreload" href="${address}">`).join('');
}

function readPackageFile(name: string): Promise<string> {
  return readFile(fileURLToPath(packageUrl(name)), 'utf8');
}

/** With addresses in the place of names of packages and of TypeScript. */
function forBrowsers(text: string): string {
  return text.replace(IMPORTED, (whole, word: string, quote: string, from: string) => {
    if (Object.hasOwn(PACKAGES, from)) return `${word}${quote}${packageAddress(from)}${quote}`;
    return from.startsWith('.') && from.endsWith('.ts') ? `${word}${quote}${from.slice(0, -3)}.js${quote}` : whole;
  });
}

function packageAddress(name: string): string {
  return `/page/packages/${name}.js`;
}
