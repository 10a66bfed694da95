import { portMappings, portRanges, prefix } from '../../config/values/address-values.ts';
import { optional, UsageError, value } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { EXEC_CONTROL_FLAG, execControlOf } from './control.ts';
import {
  DEBUG_FLAG,
  KEYLOG_FLAG,
  LEARNING_FLAGS,
  learningOf,
  logLevelOf,
  MAP_PORT_FLAG,
  NAME_FLAGS,
  nameFlag,
  REDIAL_FLAG,
  redialOf,
  TRUST_FLAGS,
  trustOf,
} from './shared.ts';

export const EXEC = commandTable({
  name: 'exec',
  call: 'exec -- COMMAND ARG...',
  summary: 'wrap the connections of one command, as an ordinary user (Linux)',
  usage: ['exec [OPTIONS] -- COMMAND ARG...', 'exec [OPTIONS] --shell'],
  about: ['Runs one command and wraps every TCP connection it makes. No root needed (Linux).'],
  flags: [
    { name: 'shell', help: 'run your shell ($SHELL), with a mark before its prompt, in the place of a command' },
    { name: 'ports', value: 'LIST', help: 'wrap only these destination ports, like 443,1935; others are connected as they are' },
    MAP_PORT_FLAG,
    { name: 'plain', value: 'ADDRESS/PREFIX', repeat: true, help: 'leave these destinations alone; may be repeated' },
    { name: 'host-loopback', help: 'let the command reach services of this machine on 127.0.0.1' },
    { name: 'explain', help: 'say at the end what became of each connection that did not fail' },
    { name: 'log', value: 'FILE', help: 'write the log there instead of standard error' },
    ...NAME_FLAGS,
    ...LEARNING_FLAGS,
    ...TRUST_FLAGS,
    REDIAL_FLAG,
    KEYLOG_FLAG,
    EXEC_CONTROL_FLAG,
    DEBUG_FLAG,
  ],
  example: 'exec -- ffmpeg -re -i in.mp4 -c copy -f flv rtmp://live.example.org:443/app/key',
  endsInCommand: true,
  parse: (flags) => {
    const stray = flags.positionals[0];
    if (stray !== undefined) throw new UsageError(`write -- before the command: overcoat exec -- ${stray} ...`);
    const { command = [] } = flags;
    const shell = flags.is('shell');
    if (shell && command.length > 0) throw new UsageError('--shell runs your shell: leave it, or the command after --, away');
    if (!shell && command[0] === '') throw new UsageError('COMMAND is empty');
    if (!shell && command.length === 0) throw new UsageError('the command is missing: overcoat exec -- COMMAND ARG...');
    return {
      kind: 'exec',
      arguments: {
        ...trustOf(flags),
        ...learningOf(flags),
        name: nameFlag(flags),
        ports: optional(flags, 'ports', portRanges) ?? [],
        portMap: optional(flags, 'map-port', portMappings) ?? [],
        plain: flags.all('plain').map((text) => value('--plain', prefix, text)),
        hostLoopback: flags.is('host-loopback'),
        explain: flags.is('explain'),
        log: flags.one('log'),
        redialMs: redialOf(flags),
        keyLog: flags.one('keylog'),
        control: execControlOf(flags),
        debug: logLevelOf(flags),
        shell,
        command,
      },
    };
  },
  execute: async (command) => (await import('../commands/exec.ts')).exec(command.arguments),
});
