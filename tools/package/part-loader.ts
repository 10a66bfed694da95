/**
 * Begins the single executable: loads the parts of the program from inside the file, by names that no disk is asked for. What the
 * runtime takes for the program's first file may import its own modules only, so the first part is imported from a script beside it.
 */
import { registerHooks } from 'node:module';
import { getAsset } from 'node:sea';
import { constants, Script } from 'node:vm';
import { chosenEntry } from '../../src/self.ts';

const INSIDE = 'overcoat:///';

registerHooks({
  resolve: (specifier, context, next) => {
    const name = context.parentURL?.startsWith(INSIDE) && specifier.startsWith('./') ? specifier.slice(2) : undefined;
    const url = name === undefined ? specifier : `${INSIDE}${name}`;
    return url.startsWith(INSIDE) ? { url, format: 'module', shortCircuit: true } : next(specifier, context);
  },
  load: (url, context, next) =>
    url.startsWith(INSIDE)
      ? { format: 'module', source: getAsset(url.slice(INSIDE.length), 'utf8'), shortCircuit: true }
      : next(url, context),
});

const first = `import('${INSIDE}${chosenEntry() ?? 'main'}.js')`;
await new Script(first, { importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER }).runInThisContext();
