/** Which test files a run takes. */

/**
 * Folders of test/ whose files start daemons, peers or networks, or measure. What is left is quick: units, and the fuzz tests with a
 * few inputs.
 */
const SLOW = ['behaviour', 'bench', 'bin', 'demo', 'exec', 'netns', 'peers', 'programs', 'tools'].map((folder) => `test/${folder}/`);
/** Folders of test/ whose files start the program by the one name they are told, and look at nothing but what it does. */
const ABOUT_THE_PROGRAM = ['behaviour', 'cli/commands', 'demo', 'netns', 'peers'].map((folder) => `test/${folder}/`);
/** Needs a whole system, much time of a machine or the network: run before a release, not at each change. */
const RELEASE = 'test/release/';
/** Whether the project starts on a new system comes before everything else. */
const FIRST = `${RELEASE}fresh-root.test.ts`;

/**
 * @param kind `usual`: all but the release tests. `quick`: units and fuzz tests. `release`: the release tests alone.
 *   `dist`: those that can be asked of a built thing
 * @param words leave only files whose path contains one of them
 * @returns the files, sorted, the first of a release before all others
 */
export function selectFiles(files: readonly string[], kind: 'usual' | 'quick' | 'release' | 'dist', words: readonly string[]): string[] {
  const taken = files.filter((file) => {
    if (file.startsWith(RELEASE)) return kind === 'release';
    if (kind === 'dist') return ABOUT_THE_PROGRAM.some((folder) => file.startsWith(folder));
    return kind === 'usual' || (kind === 'quick' && !SLOW.some((folder) => file.startsWith(folder)));
  });
  return taken.filter((file) => words.length === 0 || words.some((word) => file.includes(word))).sort(inOrder);
}

function inOrder(a: string, b: string): number {
  if (a === FIRST || b === FIRST) return a === FIRST ? -1 : 1;
  return a < b ? -1 : 1;
}
