/** The scripts of completion/, as pages that are generated. */
import { loadCommands } from '../../../src/cli/args/registry.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

const tables = await loadCommands();

export const COMPLETIONS = [
  { path: 'completion/overcoat.bash', render: () => bashCompletion(tables) },
  { path: 'completion/_overcoat', render: () => zshCompletion(tables) },
  { path: 'completion/overcoat.fish', render: () => fishCompletion(tables) },
] as const;
