import { positionals } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { CONTROL_FLAG, controlOf } from './control.ts';

export const DRAIN = commandTable({
  name: 'drain',
  call: 'drain SERVICE',
  summary: 'stop accepting for a service of the running process',
  usage: ['drain SERVICE [--resume] [--control PATH]'],
  about: [
    'Gives the addresses of a service back, so that new clients are refused; connections that are open go on. It lasts through reloads.',
  ],
  flags: [{ name: 'resume', help: 'accept again' }, CONTROL_FLAG],
  example: 'drain live',
  parse: (flags) => {
    const [service = ''] = positionals(flags, 'SERVICE');
    return { kind: 'drain', service, resume: flags.is('resume'), control: controlOf(flags) };
  },
  execute: async ({ service, resume, control }) => (await import('../commands/orders.ts')).drain(service, resume, control),
});
