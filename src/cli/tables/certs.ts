import { commandTable } from '../args/table.ts';
import { ENV_FLAG, FD_FLAG, sourceOf } from './source.ts';

export const CERTS = commandTable({
  name: 'certs',
  call: 'certs FILE',
  summary: 'list the certificates of a configuration, until when they last, and their faults',
  usage: ['certs FILE [--json]', 'certs - [--json]', 'certs --fd N [--json]', 'certs --env NAME [--json]'],
  about: [
    'Lists every certificate and revocation list that a configuration names: our own with the chain that peers see, those of peers that are accepted by name, trusted authorities. Says where each comes from, until when it lasts, which services use it, and what is wrong with a chain of ours although it loads: a missing or superfluous intermediate, the order, SHA-1, a weak key, an expired cross-sign, no name, a wrong usage. Exit code 1 where something has a fault, has ended, or cannot be read.',
  ],
  flags: [{ name: 'json', help: 'print one JSON object: certificates and problems' }, FD_FLAG, ENV_FLAG],
  example: 'certs /etc/overcoat/gateway.conf',
  parse: (flags) => ({ kind: 'certs', source: sourceOf(flags), json: flags.is('json') }),
  execute: async ({ source, json }) => {
    const [{ certs }, { askTerminal }] = await Promise.all([import('../commands/certs.ts'), import('../terminal/passphrase.ts')]);
    return certs(source, json, askTerminal);
  },
});
