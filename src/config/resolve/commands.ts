/**
 * The commands of `config`: the library itself says which there are and carries them out. Refused are those with which it would read
 * files itself, unseen by whoever prepares a service, and the one that would decide who is verified behind the back of the options
 * that do.
 */
import type { Command } from '../../tls/engine/commands.ts';
import { kindOfCommand, refusalOfCommand } from '../../tls/engine/commands.ts';
import type { Draft } from '../read/draft.ts';
import type { Report } from './report.ts';

/** What to write instead, by the command's name in lower case. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['certificate', 'cert'],
  ['privatekey', 'key'],
  ['dhparameters', 'cert, whose file may hold the parameters'],
  ['chaincafile', 'cert, whose file may hold the chain'],
  ['chaincapath', 'cert, whose file may hold the chain'],
  ['chaincastore', 'cert, whose file may hold the chain'],
  ['verifycafile', 'CAfile'],
  ['verifycapath', 'CApath'],
  ['verifycastore', 'CAstore'],
  ['requestcafile', 'CAfile'],
  ['requestcapath', 'CApath'],
  ['requestcastore', 'CAstore'],
  ['clientcafile', 'CAfile'],
  ['clientcapath', 'CApath'],
  ['clientcastore', 'CAstore'],
  ['verifymode', 'verifyChain, verifyPeer or requireCert'],
]);

const CONTEXT_FAILED = 'Failed to initialize TLS context';

/** Can it be carried out here, if the library likes its parameter? */
export function isPossible({ name, value }: Command): boolean {
  return value !== '' && !INSTEAD.has(name.toLowerCase()) && kindOfCommand(name) === 'text';
}

export function checkCommands(draft: Draft, report: Report): void {
  const role = draft.one('client') === true ? 'client' : 'server';
  for (const { value: command, statement } of draft.entries('config')) {
    const wrong = problemOf(command, role);
    if (wrong !== undefined) report.errorAt(statement.at, 'config', wrong[0], `${wrong[1]}\n${CONTEXT_FAILED}`);
  }
}

/** For people, and in stunnel's words. */
type Wrong = readonly [text: string, stunnelText: string];

function problemOf(command: Command, role: 'client' | 'server'): Wrong | undefined {
  const { name, value } = command;
  const instead = INSTEAD.get(name.toLowerCase());
  if (instead !== undefined) {
    return [`the command "${name}" is not taken from a file; use ${instead}`, `OpenSSL config command "${name}" refused: use ${instead}`];
  }
  const kind = kindOfCommand(name);
  const unknown = `OpenSSL config command "${name}" was not recognised`;
  if (kind === 'unknown') return [`the command "${name}" is none of this OpenSSL's; SSL_CONF_cmd(3) lists them`, unknown];
  if (kind === 'file') {
    const text = `the command "${name}" makes OpenSSL read files by itself, which is not possible here`;
    return [text, `OpenSSL config command "${name}" refused: files are read by nobody else`];
  }
  if (value === '') {
    const text = `the command "${name}" needs a parameter; write config = ${name}:PARAMETER`;
    return [text, `OpenSSL config command "${name}" requires a parameter`];
  }
  const refused = refusalOfCommand(role, command);
  if (refused === undefined) return undefined;
  if (refused === 'unknown') return [`OpenSSL has no command "${name}" for a ${role}; remove the line`, unknown];
  return [`OpenSSL cannot carry out "${name}:${value}": ${refused.reason}`, `SSL_CONF_cmd: ${refused.text}`];
}
