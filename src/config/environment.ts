/** `setEnv = NAME=VALUE`. Variables that would switch a protection of the runtime off are refused. */
import type { Parser } from './values/values.ts';
import { bad, good } from './values/values.ts';

const DANGEROUS: ReadonlySet<string> = new Set(['NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'SSLKEYLOGFILE']);

/** An empty value removes the variable. */
export const environmentVariable: Parser<{ readonly name: string; readonly value: string }> = (text) => {
  const equals = text.indexOf('=');
  const name = equals < 0 ? '' : text.slice(0, equals).trim();
  if (name === '') return bad('write NAME=VALUE', 'Failed to set the environment variable');
  if (DANGEROUS.has(name)) {
    return bad(`${name} would change how TLS is verified or let others read it; remove the line`, 'Failed to set the environment variable');
  }
  return good({ name, value: text.slice(equals + 1).trim() });
};
