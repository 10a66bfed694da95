import { UsageError } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { CONTROL_FLAG, controlOf } from './control.ts';
import { ENV_FLAG, FD_FLAG, sourceOf } from './source.ts';

export const DOCTOR = commandTable({
  name: 'doctor',
  call: 'doctor --confinement [FILE]',
  summary: 'say what a process is fenced from, and by what',
  usage: ['doctor --confinement [--json] [--control PATH]', 'doctor --confinement FILE [--json]'],
  about: [
    'Says what this kernel can fence, and for the running process which of its processes and threads are fenced (Seccomp and NoNewPrivs of /proc), and whether by Overcoat or by whoever started it (a unit, a container), or for a configuration what its fence lets through and what it leaves open. Exit code 1 where the kernel lacks a part, or a thread of a process that should be fenced is not.',
  ],
  flags: [
    { name: 'confinement', help: 'what this is about; there is nothing else yet (for a gateway: overcoat gateway doctor)' },
    { name: 'json', help: 'as JSON, for programs' },
    CONTROL_FLAG,
    FD_FLAG,
    ENV_FLAG,
  ],
  example: 'doctor --confinement /etc/overcoat/mail.conf',
  parse: (flags) => {
    if (!flags.is('confinement')) throw new UsageError('say --confinement; of a gateway: overcoat gateway doctor');
    const given = flags.positionals.length > 0 || flags.one('fd') !== undefined || flags.one('env') !== undefined;
    if (given && flags.one('control') !== undefined)
      throw new UsageError('a configuration and --control exclude each other: one asks a file, the other a running process');
    return { kind: 'doctor', source: given ? sourceOf(flags) : undefined, json: flags.is('json'), control: controlOf(flags) };
  },
  execute: async ({ source, json, control }) => (await import('../commands/doctor.ts')).doctor(source, json, control),
});
