import { commandTable } from '../args/table.ts';
import { ENV_FLAG, FD_FLAG, sourceOf } from './source.ts';

export const CHECK = commandTable({
  name: 'check',
  call: 'check FILE',
  summary: 'say everything that is wrong with a configuration file',
  usage: [
    'check FILE [--strict] [--json]',
    'check - [--strict] [--json]',
    'check --fd N [--strict] [--json]',
    'check --env NAME [--strict] [--json]',
  ],
  about: [
    'Says everything that is wrong with a configuration file, one problem a line: FILE:LINE: OPTION: what is wrong, what to do. Opens the certificates and keys it names, looks for its folders, programs and addresses, and starts nothing. Exit code 1 if a start would fail, or what would start could not work. Whether another program has a port now is not asked. A name in accept is looked up.',
  ],
  flags: [
    { name: 'strict', help: 'count unsafe choices as errors' },
    { name: 'json', help: 'print one JSON object: file, usable, services, and the problems with code, severity, file, line, option, text' },
    FD_FLAG,
    ENV_FLAG,
  ],
  example: 'check /etc/overcoat/gateway.conf --strict',
  parse: (flags) => ({ kind: 'check', source: sourceOf(flags), strict: flags.is('strict'), json: flags.is('json') }),
  execute: async ({ source, strict, json }) => {
    const [{ check }, { askTerminal }] = await Promise.all([import('../commands/check.ts'), import('../terminal/passphrase.ts')]);
    return check(source, { strict, json, ask: askTerminal });
  },
});
