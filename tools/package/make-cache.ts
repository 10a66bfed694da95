/**
 * `make-cache.ts PROGRAM CACHE [WORD...]`: what V8 has made of a program, after it was run with those words, if there are any. A process
 * of its own, since a program ends its process, and for options that others are not to have.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../sources.ts';
import type { Program } from './run-program.ts';
import { run, scriptOf } from './run-program.ts';

/** It is in the cache, so it is the same wherever one is made. */
const NAME = 'program.cjs';

const [path = '', cache = '', ...words] = process.argv.slice(2);
const script = scriptOf(readFileSync(path, 'latin1'), undefined, NAME);
process.on('exit', (code) => {
  if (code === 0) writeFileSync(cache, script.createCachedData());
});
if (words.length > 0) {
  process.argv = [process.execPath, NAME, ...words];
  const require = createRequire(import.meta.url);
  run(script.runInThisContext() as Program, {
    url: pathToFileURL(join(ROOT, 'lib/program.cjs')).href, // what is beside the checkout's manifest and packages
    resolve: (name) => pathToFileURL(require.resolve(name)).href,
    beside: require,
  });
}
