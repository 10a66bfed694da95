/**
 * Which modules of a program are compiled with it. V8 leaves the body of a function for its first call, and with it the body of a module,
 * which the bundler makes a function of; what was not compiled when a cache was made (code-cache.ts) is not in it. A function in
 * parentheses is compiled at once. It would cost all others more than it saves, so it is done to what a daemon runs at its start.
 */
import type { Metafile } from 'esbuild';
import type { Entry } from '../../src/self.ts';

/** Where what runs at a start begins, besides the entries themselves: a way that is taken late, at each start. */
const RUN_AT_START: Partial<Record<Entry, readonly string[]>> = {
  main: [
    'src/cli/main.ts',
    'src/cli/tables/run.ts',
    'src/cli/commands/run.ts',
    'src/daemon/this-process.ts',
    'src/daemon/watch/watch.ts',
    'src/status/http/control-socket.ts',
  ],
  worker: ['src/daemon/workers/worker.ts', 'src/daemon/workers/run-worker.ts'],
};

/** The modules of src/ that an entry runs at its start. @throws Error where one of the list is not in the bundle */
export function runAtStart(entry: Entry, inputs: Metafile['inputs']): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    const input = inputs[path];
    if (input === undefined) throw new Error(`${path} is not in the bundle`);
    found.add(path);
    for (const { kind, path: imported } of input.imports) {
      if (kind === 'import-statement' && imported.startsWith('src/')) visit(imported);
    }
  };
  for (const path of RUN_AT_START[entry] ?? []) visit(path);
  return found;
}

/** @param text a bundle as esbuild writes it, where the body of a module is the method of an object with its path as name */
export function compiledWithFile(text: string, modules: ReadonlySet<string>): string {
  let inside = false;
  const lines = text.split('\n').map((line, index, all) => {
    const name = /^ {2}"([^"]+)"\(\) \{$/.exec(line)?.[1];
    if (name !== undefined && modules.has(name) && all[index - 1]?.endsWith('= __esm({') === true) {
      inside = true;
      return `  "${name}": (() => {`;
    }
    if (!inside || line !== '  }' || all[index + 1] !== '});') return line;
    inside = false;
    return '  })';
  });
  return lines.join('\n');
}
