import { positionals } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { CONTROL_FLAG, controlOf } from './control.ts';

export const RELOAD = commandTable({
  name: 'reload',
  call: 'reload',
  summary: 'have the running process read its configuration again',
  usage: ['reload [--control PATH]'],
  about: [
    'Has the running process read its configuration again, waits, and says what has changed, or everything that is wrong: then nothing has changed, and the exit code is 1.',
  ],
  flags: [CONTROL_FLAG],
  example: 'reload --control /run/overcoat/mail-1234.sock',
  parse: (flags) => {
    positionals(flags);
    return { kind: 'reload', control: controlOf(flags) };
  },
  execute: async ({ control }) => (await import('../commands/orders.ts')).reload(control),
});
