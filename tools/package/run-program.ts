/** Runs a program that bundle.ts has written. */
import { constants, Script } from 'node:vm';
import { VERSION_WORDS } from '../../src/cli/version-words.ts';

/** What stands in a program for `import.meta`, and for the packages that have a file of their own. */
export interface Here {
  readonly url: string;
  readonly resolve: (name: string) => string;
  readonly beside: (name: string) => unknown;
}

interface Module {
  exports: unknown;
}

export type Program = (module: Module, exports: unknown, here: Here) => void;

/**
 * @param cache what V8 has made of the text before; one that was made by another V8, or with other options that matter to code, it
 *   refuses by itself, and compiles. Of the text it asks for the length alone: whoever changes a program takes its cache away
 * @param filename for stack traces, and where modules are looked for
 */
export function scriptOf(text: string, cache: Uint8Array | undefined, filename: string): Script {
  return new Script(text, {
    filename,
    ...(cache !== undefined && { cachedData: cache }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

export function compiled(text: string, cache: Uint8Array | undefined, filename: string): Program {
  return scriptOf(text, cache, filename).runInThisContext() as Program;
}

/** @returns what the program exports */
export function run(program: Program, here: Here): unknown {
  const module: Module = { exports: {} };
  program(module, module.exports, here);
  return module.exports;
}

/** @param word the first argument after the program's own name */
export function programFor(entry: string, word: string | undefined): string {
  return entry === 'main' && VERSION_WORDS.has(word ?? '') ? 'version' : entry;
}
