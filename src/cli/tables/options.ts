import { positionals } from '../flags.ts';
import { commandTable } from '../table.ts';

export const OPTIONS = commandTable({
  name: 'options',
  call: 'options [OPTION]',
  summary: 'explain the options of the configuration file',
  usage: ['options [OPTION]'],
  about: ['Lists the options of the configuration file, or explains one of them.'],
  flags: [],
  parse: (flags) => {
    const [name] = flags.positionals.length === 0 ? [] : positionals(flags, 'OPTION');
    return { kind: 'options', name };
  },
  execute: async ({ name }) => (await import('../commands/options.ts')).options(name),
});
