/**
 * What is inside the single executable beside the program itself (tools/package/single.ts puts it there), and whether we are it.
 * Nothing is ever written to a disk: the file works from a read-only system, without a home and without a folder for temporary files.
 */
import { closeSync, writeSync } from 'node:fs';
import { getAsset, getRawAsset, isSea } from 'node:sea';

/** Files inside the executable, by the names they have there. */
export const EMBEDDED = { manifest: 'package.json', binding: 'koffi.node' } as const;

const CLOSE_ON_EXEC = 1;

/** Whether this process runs the single executable. */
export const SINGLE = isSea();

/** `package.json`, as text. */
export function embeddedManifest(): string {
  return getAsset(EMBEDDED.manifest, 'utf8');
}

/**
 * Loads the compiled part of koffi. The system loads libraries from files only, so it becomes one that exists in memory alone, made by
 * the runtime's own way of calling C: that is there without a binding, but cannot do what we ask of koffi (docs/dependencies.md).
 * @throws Error where /proc is not mounted, or where the system forbids it
 */
export function loadEmbeddedBinding(): unknown {
  const { dlopen } = process.getBuiltinModule('node:ffi');
  const { functions, lib } = dlopen(null, { memfd_create: { arguments: ['string', 'u32'], return: 'i32' } });
  const file = functions.memfd_create(EMBEDDED.binding, CLOSE_ON_EXEC);
  lib.close();
  if (file < 0) throw new Error(`the system refuses a file in memory (memfd_create), which ${EMBEDDED.binding} needs`);
  try {
    writeWhole(file, new Uint8Array(getRawAsset(EMBEDDED.binding)));
    const module = { exports: {} };
    process.dlopen(module, `/proc/self/fd/${file}`);
    return module.exports;
  } finally {
    closeSync(file); // the library stays mapped
  }
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}
