import { decimal } from '../../config/values/values.ts';
import { positionals, UsageError } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { CONTROL_FLAG, controlOf } from './control.ts';

export const END = commandTable({
  name: 'end',
  call: 'end ID',
  summary: 'end a connection of the running process',
  usage: ['end ID [--control PATH]'],
  about: ['Ends an open connection, as a reset on both sides. ID is its number in `overcoat connections`.'],
  flags: [CONTROL_FLAG],
  example: 'end 17',
  parse: (flags) => {
    const [id = ''] = positionals(flags, 'ID');
    const connection = decimal(id);
    if (connection === undefined) throw new UsageError(`ID: "${id}" is not a number; overcoat connections lists those that are open`);
    return { kind: 'end', connection, control: controlOf(flags) };
  },
  execute: async ({ connection, control }) => (await import('../commands/orders.ts')).end(connection, control),
});
