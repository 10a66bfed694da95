import { tcpAddress } from '../../config/values/address-values.ts';
import { optional, positionals, UsageError } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { CONTROL_FLAG, controlOf, JSON_FLAG, WITHIN_FLAG, withinOf } from './control.ts';

export const STATUS = commandTable({
  name: 'status',
  call: 'status',
  summary: 'say what the running process does',
  usage: ['status [--json] [--control PATH | --port [HOST:]PORT] [--within SECONDS]'],
  about: [
    'Shows the services of the running process, who listens, what is open, certificates that end soon and the last failures with what to do about each. Exit code 1 where it runs and is not ready: a service is drained or not bound, a certificate has expired, or it is about to end.',
  ],
  flags: [
    JSON_FLAG,
    CONTROL_FLAG,
    {
      name: 'port',
      value: '[HOST:]PORT',
      help: 'ask its status port, in clear and without a token, as a health check in a container does',
    },
    WITHIN_FLAG,
  ],
  example: 'status --port 9100',
  parse: (flags) => {
    positionals(flags);
    if (flags.one('control') !== undefined && flags.one('port') !== undefined)
      throw new UsageError('--control and --port exclude each other');
    return {
      kind: 'status',
      json: flags.is('json'),
      control: controlOf(flags),
      port: optional(flags, 'port', tcpAddress('127.0.0.1', 'port')),
      withinMs: withinOf(flags),
    };
  },
  execute: async (command) => (await import('../commands/status.ts')).status(command),
});
