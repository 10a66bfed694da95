import { positionals } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { CONTROL_FLAG, controlOf } from './control.ts';

export const UPGRADE = commandTable({
  name: 'upgrade',
  call: 'upgrade',
  summary: 'have the program file, once replaced, take the place of the running process',
  usage: ['upgrade [--control PATH]'],
  about: [
    'Has the running process start what its program file is by now, which reads the configuration and takes over the listening sockets: nobody is refused. Connections that are open stay with the process before, for TIMEOUTdrain at most. Where the new one cannot serve, the old one goes on, what is wrong is printed, and the exit code is 1.',
    'Not for a gateway, whose rules belong to the process, and not with chroot: restart these.',
  ],
  flags: [CONTROL_FLAG],
  example: 'upgrade --control /run/overcoat/mail-1234.sock',
  parse: (flags) => {
    positionals(flags);
    return { kind: 'upgrade', control: controlOf(flags) };
  },
  execute: async ({ control }) => (await import('../commands/orders.ts')).upgrade(control),
});
