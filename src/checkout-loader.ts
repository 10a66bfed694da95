/**
 * How the modules of a checkout are found and read; bin/overcoat has the runtime load it first. The runtime's own way asks the disk
 * several times about each of some 350 modules (what a name stands for, whether it is a link, which package it is in), which was a third
 * of a start. Here an import of src/ is the file it names, and TypeScript. What is not of src/ is found as ever.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const SOURCES = new URL('./', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith('.') && specifier.endsWith('.ts') && context.parentURL?.startsWith(SOURCES)
      ? { url: new URL(specifier, context.parentURL).href, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) =>
    url.startsWith(SOURCES)
      ? { format: 'module-typescript', source: readFileSync(new URL(url), 'utf8'), shortCircuit: true }
      : next(url, context),
});
