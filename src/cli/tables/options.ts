import { positionals } from '../flags.ts';
import { commandTable } from '../table.ts';

export const OPTIONS = commandTable({
  name: 'options',
  call: 'options [NAME]',
  summary: 'explain the options of the configuration file',
  usage: ['options [NAME]'],
  about: ['Lists the options of the configuration file, or explains one of them.'],
  flags: [],
  parse: (flags) => {
    const [name] = flags.positionals.length === 0 ? [] : positionals(flags, 'NAME');
    return { kind: 'options', name };
  },
  execute: async ({ name }) => (await import('../commands/options.ts')).options(name),
});
