/**
 * What the page at `/` is made of, for both who put it together: a checkout serves the modules of src/status/page/ one by one, without
 * their types (`page-files.ts`); a package holds them as one (`tools/package/page-bundle.ts`). Their addresses are the same.
 */

/** One file of the page, as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
}

/** The folder of the page, and what of other rooms it uses, below src/. */
export const PAGE_FOLDER = 'status/page';
export const PAGE_USES: readonly string[] = ['text/units.ts'];
/** The first module, below src/. */
export const PAGE_MAIN = 'status/page/main.ts';
/** Address -> a file in the folder of the page. */
export const PAGE_ASSETS: Readonly<Record<string, string>> = {
  '/': 'index.html',
  '/page/page.css': 'page.css',
  '/page/icon.svg': 'icon.svg',
};
/** Address -> a file of a package. */
export const PAGE_PACKAGE_ASSETS: Readonly<Record<string, string>> = { '/page/uplot.css': 'uplot/dist/uPlot.min.css' };

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Where a module below src/ is served. */
export function pageAddress(module: string): string {
  return `/page/${module.slice(0, -'.ts'.length)}.js`;
}

/** @param name tells the type by its end */
export function pageFile(name: string, body: string): PageFile {
  return { type: TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'text/plain; charset=utf-8', body };
}
