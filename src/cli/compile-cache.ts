/**
 * Where the launcher lets Node keep its compiled code. Programs that we start must not use it, so the variable is taken out of the
 * environment; only our own process in the background gets it back.
 */

const VARIABLE = 'NODE_COMPILE_CACHE';
const folder = process.env[VARIABLE];

export function forgetCompileCache(): void {
  delete process.env[VARIABLE];
}

/** For a process that runs this program again. */
export function compileCacheEnvironment(): Readonly<Record<string, string>> {
  return folder === undefined ? {} : { [VARIABLE]: folder };
}
