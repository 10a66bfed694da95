import { positionals } from '../flags.ts';
import { commandTable } from '../table.ts';
import { CONTROL_FLAG, controlOf } from './control.ts';

export const TOP = commandTable({
  name: 'top',
  call: 'top',
  summary: 'watch the connections of the running process',
  usage: ['top [--control PATH]'],
  about: [
    'Shows the open connections live. Keys: r sorts by rate, a by age, b by bytes, arrows scroll, q ends. Without colours where NO_COLOR is set.',
  ],
  flags: [CONTROL_FLAG],
  parse: (flags) => {
    positionals(flags);
    return { kind: 'top', control: controlOf(flags) };
  },
  execute: async ({ control }) => (await import('../commands/top.ts')).top(control),
});
