import { positionals } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { JSON_FLAG } from './control.ts';

export const OPTIONS = commandTable({
  name: 'options',
  call: 'options [OPTION]',
  summary: 'explain the options of the configuration file',
  usage: ['options [OPTION] [--json]'],
  about: ['Lists the options of the configuration file, or explains one of them.'],
  flags: [JSON_FLAG],
  example: 'options verifyChain',
  parse: (flags) => {
    const [name] = flags.positionals.length === 0 ? [] : positionals(flags, 'OPTION');
    return { kind: 'options', name, json: flags.is('json') };
  },
  execute: async ({ name, json }) => (await import('../commands/options.ts')).options(name, json),
});
