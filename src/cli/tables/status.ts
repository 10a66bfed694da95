import { positionals } from '../flags.ts';
import { commandTable } from '../table.ts';
import { CONTROL_FLAG, controlOf, JSON_FLAG } from './control.ts';

export const STATUS = commandTable({
  name: 'status',
  call: 'status',
  summary: 'say what the running process does',
  usage: ['status [--json] [--control PATH]'],
  about: [
    'Shows the services of the running process, who listens, what is open, certificates that end soon and the last failures with what to do about each. Exit code 1 where it runs and is not ready: a service is drained or not bound, a certificate has expired, or it is about to end.',
  ],
  flags: [JSON_FLAG, CONTROL_FLAG],
  parse: (flags) => {
    positionals(flags);
    return { kind: 'status', json: flags.is('json'), control: controlOf(flags) };
  },
  execute: async ({ json, control }) => (await import('../commands/status.ts')).status(json, control),
});
