/**
 * Begins an entry of the npm package. Where there is no cache for this processor, the runtime keeps what it compiles beside the package,
 * if it may write there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheName, programName } from './program-files.ts';
import type { Program } from './run-program.ts';
import { compiled, programFor, run } from './run-program.ts';

/** Set by the bundler. */
declare const ENTRY: string;

const require = createRequire(__filename);

function load(name: string): unknown {
  const file = join(__dirname, programName(name));
  return run(programIn(file, join(__dirname, cacheName(name, process.arch))), {
    url: pathToFileURL(file).href,
    resolve: (wanted) => pathToFileURL(require.resolve(wanted)).href,
    beside: load,
  });
}

function programIn(file: string, cache: string): Program {
  if (existsSync(cache)) return programOf(file, readFileSync(file), readFileSync(cache));
  enableCompileCache(join(__dirname, '../node_modules/.cache/overcoat'));
  return require(file) as Program;
}

/** What was read is let go at once: the collector would come for it long after the start. Small files share memory with others. */
function programOf(name: string, text: Buffer<ArrayBuffer>, cache: Buffer<ArrayBuffer>): Program {
  const program = compiled(text.toString('latin1'), cache, name);
  for (const { buffer, length } of [text, cache]) if (buffer.byteLength === length) buffer.transfer(0);
  return program;
}

load(programFor(ENTRY, process.argv[2]));
