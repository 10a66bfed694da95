import { positionals } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { CONTROL_FLAG, controlOf } from './control.ts';

export const TOP = commandTable({
  name: 'top',
  call: 'top',
  summary: 'watch the connections of the running process',
  usage: ['top [--control PATH]'],
  about: [
    "Shows the open connections live. Keys are htop's: P sorts by rate, T by age, M by bytes (also r, a, b), F6 by the next, I the other way round; arrows, PgUp, PgDn, Home and End select, F9 or k ends the selected connection, F1 helps, q quits. Without colours where NO_COLOR is set.",
  ],
  flags: [CONTROL_FLAG],
  example: 'top --control /run/overcoat/mail-1234.sock',
  parse: (flags) => {
    positionals(flags);
    return { kind: 'top', control: controlOf(flags) };
  },
  execute: async ({ control }) => (await import('../commands/top.ts')).top(control),
});
