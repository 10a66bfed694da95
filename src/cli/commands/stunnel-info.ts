/**
 * The four lists stunnel prints about itself, on standard error as it does: -help (options), -version (defaults), -options (TLS
 * options) and -sockets (socket option defaults). All are made from our own tables.
 */
import { FILE_SERVICE } from '../../config/defaults.ts';
import { OPTION_LIST } from '../../config/option-table.ts';
import { SOCKET_DEFAULTS, SOCKET_OPTIONS } from '../../config/values/socket-options.ts';
import { SSL_OPTIONS } from '../../config/values/ssl-options.ts';
import { socketDefaultTexts } from '../../linux/sockets/socket-defaults.ts';
import { opensslVersion } from '../../openssl/library/version.ts';
import { overcoatVersion, platformName } from '../../self.ts';
import type { Command } from '../args/command.ts';

type Information = Extract<Command, { readonly kind: 'stunnel-info' }>['what'];

/** @returns the exit code, always 0 */
export function stunnelInfo(what: Information): number {
  for (const line of [...versionLines(), ' ', ...LISTS[what]()]) console.error(line);
  return 0;
}

/** What stunnel prints when it cannot make sense of its arguments. @returns the exit code 1 */
export function stunnelSyntax(message: string): number {
  for (const line of [`[!] ${message}`, ...SYNTAX]) console.error(line);
  return 1;
}

/** Also printed behind a configuration that cannot be opened. */
export const SYNTAX: readonly string[] = [
  '[.]  ',
  '[.] Syntax:',
  '[.] overcoat-stunnel [<filename>] | -fd <n> | -help | -version | -sockets | -options',
  '[.]     <filename>  - configuration file, /etc/stunnel/stunnel.conf if none is named',
  '[.]     -fd <n>     - read the configuration from this file descriptor',
  '[.]     -help       - print the options of the configuration file',
  '[.]     -version    - print version and defaults',
  '[.]     -sockets    - print socket option defaults',
  '[.]     -options    - print TLS option names',
];

const LISTS: Readonly<Record<Information, () => readonly string[]>> = {
  help: helpLines,
  version: defaultLines,
  options: () => ['Supported TLS options:', ...[...SSL_OPTIONS.keys()].map((name) => `options = ${name}`)],
  sockets: socketLines,
};

function versionLines(): readonly string[] {
  return [
    `stunnel 5.75-compatible Overcoat ${overcoatVersion()} on ${platformName()} platform`,
    `Compiled/running with ${opensslVersion()}`,
  ];
}

function helpLines(): readonly string[] {
  const of = (scopes: readonly string[]): readonly string[] =>
    OPTION_LIST.filter((option) => scopes.includes(option.scope)).map((option) =>
      statement(option.name, `${option.value.replaceAll(' | ', '|')} - ${option.doc}`),
    );
  return ['Global options:', ...of(['global']), ' ', 'Service-level options:', ...of(['service', 'both'])];
}

function defaultLines(): readonly string[] {
  const { tls, sessions, limits } = FILE_SERVICE;
  return [
    'Service-level options:',
    statement('ciphers', tls.ciphers),
    statement('ciphersuites', `${tls.ciphersuites} (with TLSv1.3)`),
    statement('curves', tls.curves),
    statement('debug', 'daemon.notice'),
    statement('logId', FILE_SERVICE.logId),
    statement('options', 'NO_SSLv2'),
    statement('options', 'NO_SSLv3'),
    statement('securityLevel', String(tls.securityLevel)),
    statement('sessionCacheSize', String(sessions.cacheSize)),
    statement('sessionCacheTimeout', inSeconds(sessions.lifetimeMs)),
    statement('TIMEOUTbusy', inSeconds(limits.busyMs)),
    statement('TIMEOUTclose', inSeconds(limits.closeMs)),
    statement('TIMEOUTconnect', inSeconds(limits.connectMs)),
    statement('TIMEOUTidle', inSeconds(limits.idleMs)),
    statement('verify', 'none'),
  ];
}

function socketLines(): readonly string[] {
  const system = socketDefaultTexts(SOCKET_OPTIONS);
  const rows = [...SOCKET_OPTIONS.keys()].map((name) => {
    const ours = SOCKET_DEFAULTS.get(name) ?? [];
    const cells = (['accept', 'local', 'remote'] as const).map((socket) => (ours.includes(socket) ? 'yes' : '--    '));
    return row(name, ...cells, system.get(name) ?? 'write-only');
  });
  const rule = `${'-'.repeat(20)}+${Array.from({ length: 4 }, () => '-'.repeat(10)).join('+')}`;
  return ['Socket option defaults:', '    Option Name         |  Accept  |   Local  |  Remote  |OS default', `    ${rule}`, ...rows];
}

function row(name: string, ...cells: readonly string[]): string {
  return `    ${name.padEnd(20)}|${cells.map((cell) => cell.padStart(10)).join('|')}`;
}

function statement(name: string, value: string): string {
  return `${name.padEnd(22)} = ${value}`;
}

function inSeconds(milliseconds: number): string {
  return `${milliseconds / 1000} seconds`;
}
