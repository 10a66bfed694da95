/** What a pattern of use leaves to the old generation: the share of what was allocated that outlived two collections of the young one. */
import { runProgram } from './program.ts';

/** The first collections see what the program itself has begun with. */
const FIRST = 10;
const FEWEST = 5;

/** @param script a module that uses what is tested some ten thousand times. @returns 0 to 1 */
export async function promotedShare(script: string): Promise<number> {
  const argv = [process.execPath, '--max-semi-space-size=1', '--trace-gc-nvp', '--input-type=module', '--eval', script];
  const { code, stdout, stderr } = await runProgram(argv);
  if (code !== 0) throw new Error(stderr);
  const collections = stdout.split('\n').flatMap((line) => {
    const at = line.indexOf('GC: {');
    return at < 0
      ? []
      : [JSON.parse(line.slice(at + 'GC: '.length)) as { readonly gc: string; readonly allocated: number; readonly promoted: number }];
  });
  const counted = collections.slice(FIRST);
  if (counted.length < FEWEST) throw new Error(`only ${collections.length} collections: the script allocates too little`);
  const allocated = counted.reduce((total, each) => total + each.allocated, 0);
  // what V8 has seen to grow old it makes old from the start, and whatever it makes then ends in a full collection
  const old = counted.reduce((total, { gc, promoted, ...each }) => total + (gc === 's' ? promoted : each.allocated), 0);
  return old / allocated;
}
