import { debug } from '../../config/values/log-values.ts';
import { positionals, UsageError, value } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { CONTROL_FLAG, controlOf } from './control.ts';

const AS_CONFIGURED = 'configured';

export const LOG = commandTable({
  name: 'log',
  call: 'log LEVEL',
  summary: 'set how much the running process logs',
  usage: ['log LEVEL [--control PATH]', 'log configured [--control PATH]'],
  about: [
    'Sets how much the running process logs, for all services: 0 to 7 or the name of a level. It lasts until the next reload; `configured` ends it before.',
  ],
  flags: [CONTROL_FLAG],
  example: 'log debug',
  parse: (flags) => {
    const [word = ''] = positionals(flags, 'LEVEL');
    const control = controlOf(flags);
    if (word === AS_CONFIGURED) return { kind: 'log', level: undefined, control };
    const { level, facility } = value('LEVEL', debug, word);
    if (facility !== undefined) throw new UsageError('LEVEL: only the level is wanted here, 0 to 7');
    return { kind: 'log', level, control };
  },
  execute: async ({ level, control }) => (await import('../commands/orders.ts')).setLogLevel(level, control),
});
