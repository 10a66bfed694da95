/** Begins the single executable: the program of the entry that was asked for, from inside the file. */
import { getAssetKeys, getRawAsset } from 'node:sea';
import { chosenEntry, ownArguments } from '../../src/self.ts';
import { cacheName, INSIDE, programName } from './program-files.ts';
import { compiled, programFor, run } from './run-program.ts';

function load(name: string): unknown {
  const url = `${INSIDE}${programName(name)}`;
  const text = Buffer.from(getRawAsset(programName(name))).toString('latin1');
  return run(compiled(text, cacheInside(cacheName(name, process.arch)), url), { url, resolve: (wanted) => wanted, beside: load });
}

function cacheInside(name: string): Uint8Array | undefined {
  return getAssetKeys().includes(name) ? new Uint8Array(getRawAsset(name)) : undefined;
}

load(programFor(chosenEntry() ?? 'main', ownArguments()[0]));
