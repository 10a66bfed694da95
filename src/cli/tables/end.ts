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
    const connection = Number(id);
    if (id === '' || !Number.isSafeInteger(connection) || connection < 0) throw new UsageError(`ID: "${id}" is not a number`);
    return { kind: 'end', connection, control: controlOf(flags) };
  },
  execute: async ({ connection, control }) => (await import('../commands/orders.ts')).end(connection, control),
});
