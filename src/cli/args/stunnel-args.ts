/**
 * stunnel's own command line: `[FILE] | -fd N | -help | -version | -sockets | -options`. Words are taken in any case, what comes
 * after them is ignored, and without any the file is /etc/stunnel/stunnel.conf.
 */
import { decimal } from '../../config/values/values.ts';
import type { Command } from './command.ts';

export const DEFAULT_STUNNEL_FILE = '/etc/stunnel/stunnel.conf';

/** @param args what stands after the launcher's name */
export function parseStunnel(args: readonly string[]): Command {
  const [word] = args;
  switch (word?.toLowerCase()) {
    case undefined:
      return { kind: 'stunnel-run', source: { file: DEFAULT_STUNNEL_FILE } };
    case '-help':
      return { kind: 'stunnel-info', what: 'help' };
    case '-version':
      return { kind: 'stunnel-info', what: 'version' };
    case '-sockets':
      return { kind: 'stunnel-info', what: 'sockets' };
    case '-options':
      return { kind: 'stunnel-info', what: 'options' };
    case '-fd':
      return descriptor(args[1]);
    default:
      return { kind: 'stunnel-run', source: { file: word as string } };
  }
}

function descriptor(text: string | undefined): Command {
  if (text === undefined) return { kind: 'stunnel-syntax', message: 'No file descriptor specified' };
  const fd = decimal(text);
  return fd === undefined ? { kind: 'stunnel-syntax', message: 'Invalid file descriptor number' } : { kind: 'stunnel-run', source: { fd } };
}
