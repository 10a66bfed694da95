import { positionals } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { CONTROL_FLAG, controlOf, JSON_FLAG, WITHIN_FLAG, withinOf } from './control.ts';

export const CONNECTIONS = commandTable({
  name: 'connections',
  call: 'connections',
  summary: 'list the open connections of the running process',
  usage: ['connections [--service NAME] [--follow] [--json] [--control PATH] [--within SECONDS]'],
  about: ['Lists the open connections of the running process, oldest first.'],
  flags: [
    { name: 'service', value: 'NAME', help: 'only those of this service' },
    { name: 'follow', help: 'tell of each that begins and ends from now on, until interrupted' },
    JSON_FLAG,
    CONTROL_FLAG,
    WITHIN_FLAG,
  ],
  example: 'connections --service live --follow',
  parse: (flags) => {
    positionals(flags);
    const asked = {
      service: flags.one('service'),
      follow: flags.is('follow'),
      json: flags.is('json'),
      control: controlOf(flags),
      withinMs: withinOf(flags),
    };
    return { kind: 'connections', arguments: asked };
  },
  execute: async (command) => (await import('../commands/connections.ts')).connections(command.arguments),
});
