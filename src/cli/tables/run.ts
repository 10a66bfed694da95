import { commandTable } from '../args/table.ts';
import { WATCH_FLAGS, watchOf } from './control.ts';
import { ENV_FLAG, FD_FLAG, sourceOf } from './source.ts';

export const RUN = commandTable({
  name: 'run',
  call: 'run FILE',
  summary: 'run the services of a configuration file (stunnel.conf)',
  usage: ['run FILE [--strict] [--status [HOST:]PORT] [--control PATH]', 'run --fd N [--strict]', 'run --env NAME [--strict]'],
  about: [
    'Runs the services of a configuration file. Signals: HUP reloads it, USR1 reopens the log, USR2 lists the connections, TERM lets connections finish (TIMEOUTdrain) and ends.',
  ],
  flags: [{ name: 'strict', help: 'refuse unsafe choices instead of warning about them' }, FD_FLAG, ENV_FLAG, ...WATCH_FLAGS],
  example: 'run /etc/overcoat/gateway.conf',
  parse: (flags) => ({ kind: 'run', source: sourceOf(flags), strict: flags.is('strict'), watch: watchOf(flags) }),
  execute: async ({ source, strict, watch }) => {
    const { run } = await import('../commands/run.ts');
    return run({ source, strict, watch, style: 'overcoat' });
  },
});
