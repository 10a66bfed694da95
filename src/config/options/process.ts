/** Options of the process as a whole: identity, log, life. */

import { environmentVariable } from '../environment.ts';
import { last, list } from '../option.ts';
import { groupId, userId } from '../values/accounts.ts';
import { tcpAddress } from '../values/address-values.ts';
import { debug } from '../values/log-values.ts';
import type { Parser } from '../values/values.ts';
import { clearable, good, integer, oneOf, seconds, text, yesNo } from '../values/values.ts';

const MOST_WORKERS = 64;

const workerNumber = integer(1, MOST_WORKERS, 'Illegal number of workers');

const workerCount: Parser<number | 'auto'> = (value) => (value.toLowerCase() === 'auto' ? good('auto') : workerNumber(value));

export const PROCESS_OPTIONS = {
  chroot: last(text, {
    scope: 'global',
    value: 'directory',
    default: 'none',
    doc: 'Confine the process to this directory after its ports are bound; later paths are inside it.',
    status: 'works',
  }),
  confine: last(oneOf({ yes: 'yes', no: 'no', report: 'report', strict: 'strict' } as const), {
    scope: 'global',
    value: 'yes | no | report | strict',
    default: 'no; yes for client, server, rtmps and gateway',
    doc: 'Fence what the network reaches: only the files, ports and system calls it needs. report: only say so; strict: all of it, or no start.',
    status: 'works',
    ours: true,
  }),
  debug: last(debug, {
    scope: 'both',
    value: '[facility.]level',
    default: 'daemon.notice (5)',
    doc: 'How much is logged: 0 to 7 or emerg, alert, crit, err, warning, notice, info, debug. A section may set its own level.',
    status: 'works',
  }),
  foreground: last(oneOf({ yes: 'yes', quiet: 'quiet', no: 'no' } as const, "The argument needs to be either 'yes', 'quiet' or 'no'"), {
    scope: 'global',
    value: 'yes | quiet | no',
    default: 'no',
    doc: 'Stay in the foreground; yes also logs to standard error.',
    status: 'works',
  }),
  include: last(text, {
    scope: 'both',
    value: 'directory',
    default: 'none',
    doc: "Read every file of the directory, in the order of their names' bytes, as if it stood at this place.",
    status: 'works',
    bytes: true,
  }),
  log: last(oneOf({ append: 'append', overwrite: 'overwrite' } as const), {
    scope: 'global',
    value: 'append | overwrite',
    default: 'append',
    doc: 'How the file named by output is opened and reopened.',
    status: 'works',
  }),
  logId: last(
    oneOf(
      { sequential: 'sequential', unique: 'unique', thread: 'thread', process: 'process' } as const,
      'Invalid connection identifier type',
    ),
    {
      scope: 'service',
      value: 'sequential | unique | thread | process',
      default: 'sequential',
      doc: 'What stands for a connection in the log: its number, 22 random characters, or the number of the thread or process.',
      status: 'works',
    },
  ),
  output: last(clearable, {
    scope: 'global',
    value: 'file',
    default: 'none',
    doc: 'Log file; absolute unless in the foreground.',
    status: 'works',
    bytes: true,
  }),
  pid: last(clearable, {
    scope: 'global',
    value: 'file',
    default: 'none',
    doc: 'File that holds the process id while the daemon runs; absolute unless in the foreground.',
    status: 'works',
  }),
  service: last(clearable, {
    scope: 'both',
    value: 'name',
    default: 'stunnel; in a section its own name',
    doc: 'Name in the system log (global); new name of the section (in a section).',
    status: 'works',
    bytes: true,
  }),
  setEnv: list(environmentVariable, {
    scope: 'global',
    value: 'NAME=VALUE',
    default: 'none',
    doc: 'Set a variable in the environment of the process and its programs; an empty value removes it.',
    status: 'works',
  }),
  setgid: last(groupId, {
    scope: 'both',
    value: 'group name or number',
    default: 'none',
    doc: 'Group to change to after the ports are bound (global); group of the Unix sockets of accept (in a section).',
    status: 'works',
  }),
  setuid: last(userId, {
    scope: 'both',
    value: 'user name or number',
    default: 'none',
    doc: 'User to change to after the ports are bound (global); owner of the Unix sockets of accept (in a section).',
    status: 'works',
  }),
  syslog: last(yesNo, {
    scope: 'global',
    value: 'yes | no',
    default: 'yes',
    doc: 'Log to the system log.',
    status: 'works',
  }),
  TIMEOUTdrain: last(seconds('Illegal drain timeout'), {
    scope: 'global',
    value: 'seconds',
    default: '30; 0 under overcoat-stunnel',
    doc: 'How long running connections may go on after TERM; 0 ends them at once.',
    status: 'works',
    ours: true,
  }),
  workers: last(workerCount, {
    scope: 'global',
    value: 'number | auto',
    default: 'auto: 1 on one or two cores, else one per core, at most 8',
    doc: 'Processes that serve connections.',
    status: 'works',
    ours: true,
  }),
  dnsListen: last(tcpAddress('127.0.0.1', 'dnsListen'), {
    scope: 'global',
    value: '[host:]port',
    default: 'none',
    doc: 'Answer DNS questions here from the resolvers of this machine and remember the names, for sni = auto.',
    status: 'works',
    ours: true,
  }),
};
