/** Overcoat in its ways to learn where a connection goes and what that place is called, against the plainest of them, `connect`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { overcoat, write } from './index.ts';
import type { Setup, Subject } from './subject.ts';

const OVERCOAT = overcoat.version[0] ?? '';

/** Fixed target, fixed name. */
export const fixed: Subject = { ...overcoat, name: 'connect', modes: ['client'], ready: saysSo };

/** Fixed target; the name is learnt from each connection's first bytes. */
export const learning: Subject = {
  ...overcoat,
  name: 'sni = auto',
  modes: ['client'],
  ready: saysSo,
  command: (setup) => [OVERCOAT, 'run', write(setup, 'overcoat.conf', learningConfig(setup))],
};

/** The gateway between the clients and the backend: target and name are learnt. */
export const intercepting: Subject = {
  ...overcoat,
  name: 'gateway',
  modes: ['client'],
  intercepts: true,
  command: (setup) => {
    const [, port = ''] = setup.target.split(':');
    const intoLog = `exec "$0" "$@" >${logFile(setup)} 2>&1`;
    return ['sh', '-c', intoLog, OVERCOAT, 'gateway', '--from', 'eth0', '--ports', port, '--ca', setup.caFile];
  },
  ready: saysSo,
};

function learningConfig(setup: Setup): string {
  return [
    'foreground = yes',
    'syslog = no',
    `output = ${logFile(setup)}`,
    '[bench]',
    'client = yes',
    `accept = ${setup.listen}`,
    `connect = ${setup.target}`,
    'sni = auto',
    // A server that greets and a client that names nobody (SMTP, PostgreSQL) are to be measured as well.
    'nameMissing = send',
    ...(setup.serverFirst ? [`serverFirstPorts = ${setup.target.split(':')[1]}`] : []),
    'verifyChain = yes',
    `CAfile = ${setup.caFile}`,
    '',
  ].join('\n');
}

function logFile({ folder }: Setup): string {
  return join(folder, 'log');
}

/** The log knows, also where the bench itself has no way to connect. */
function saysSo(setup: Setup): boolean {
  try {
    return readFileSync(logFile(setup), 'latin1').includes('Configuration successful');
  } catch {
    return false; // not begun
  }
}
