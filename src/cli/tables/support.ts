import { positionals } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';

export const SUPPORT = commandTable({
  name: 'support',
  call: 'support FILE',
  summary: 'put together what a bug report needs, without secrets',
  usage: ['support [FILE] [--save ARCHIVE] [--yes]'],
  about: [
    'Writes one archive (tar, gzip) for a bug report: the configuration FILE with its secrets left out, versions, units and processes, limits, the last lines of the log, and what check and the doctor of the gateway find. Keys, certificates and files of passwords are not in it. What is in it is listed first, and nothing is written before you have agreed.',
    'Addresses, host names and the paths of files stay readable: look through it before you pass it on.',
  ],
  flags: [
    { name: 'save', value: 'ARCHIVE', help: 'the file to write; a name with the time unless given, in the current folder' },
    { name: 'yes', help: 'do not ask' },
  ],
  example: 'support /etc/overcoat/mail.conf',
  parse: (flags) => {
    const [file] = flags.positionals.length === 0 ? [] : positionals(flags, 'FILE');
    return {
      kind: 'support',
      arguments: { source: file === undefined ? undefined : { file }, save: flags.one('save'), yes: flags.is('yes') },
    };
  },
  execute: async (command) => (await import('../commands/support.ts')).support(command.arguments),
});
