/** What the files of a bundle are called. A program is a function as text, which CommonJS and a script can both load. */

/** @param name of an entry, or of a package that is apart */
export function programName(name: string): string {
  return `${name}.program.cjs`;
}

/** What V8 has made of a program. @param machine a processor, as the runtime names it */
export function cacheName(name: string, machine: string): string {
  return `${name}.${machine}.cache`;
}

/** What the runtime is started with. */
export function loaderName(entry: string): string {
  return `${entry}.cjs`;
}

/** In front of the name of a file that is inside the single executable: its URL. */
export const INSIDE = 'overcoat:///';
