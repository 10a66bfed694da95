import { protocolFor } from '../../config/protocol-names.ts';
import { address } from '../../config/values/address-values.ts';
import { optional, positionals, UsageError, value } from '../flags.ts';
import { commandTable } from '../table.ts';
import { WATCH_FLAGS, watchOf } from './control.ts';
import { ADDRESSES, DEBUG_FLAG, KEYLOG_FLAG, logLevelOf, protocolFlag, REDIAL_FLAG, redialOf, refusePortZero, trustOf } from './shared.ts';

export const SERVER = commandTable({
  name: 'server',
  call: 'server ACCEPT CONNECT',
  summary: 'TLS in, plain out',
  usage: ['server ACCEPT CONNECT --cert FILE [OPTIONS]'],
  about: ['Takes TLS connections at ACCEPT and carries them in clear to CONNECT.', ADDRESSES],
  flags: [
    { name: 'cert', value: 'FILE', help: 'our certificate with its chain, the leaf first (PEM or PKCS#12)' },
    { name: 'key', value: 'FILE', help: 'its private key, if it is not in the same file' },
    { name: 'ca', value: 'FILE', help: 'clients must show a certificate of these CAs' },
    {
      name: 'pin',
      value: 'FILE|sha256:KEY',
      repeat: true,
      help: 'clients must hold this public key; may be repeated, any one suffices',
    },
    protocolFlag('server'),
    REDIAL_FLAG,
    ...WATCH_FLAGS,
    KEYLOG_FLAG,
    DEBUG_FLAG,
  ],
  example: 'server 0.0.0.0:443 1935 --cert /etc/overcoat/server.pem',
  parse: (flags) => {
    const [listen = '', target = ''] = positionals(flags, 'ACCEPT', 'CONNECT');
    const { ca, pins, cert, key } = trustOf(flags);
    if (cert === undefined) throw new UsageError('--cert FILE is missing: a TLS server needs a certificate');
    const accept = value('ACCEPT', address('127.0.0.1', 'accept'), listen);
    const connect = value('CONNECT', address('', 'connect'), target);
    refusePortZero(connect);
    const protocol = optional(flags, 'protocol', protocolFor('server'));
    return {
      kind: 'server',
      arguments: {
        accept,
        connect,
        cert,
        key,
        ca,
        pins,
        protocol,
        redialMs: redialOf(flags),
        keyLog: flags.one('keylog'),
        debug: logLevelOf(flags),
      },
      watch: watchOf(flags),
    };
  },
  execute: async (command) => (await import('../commands/server.ts')).server(command.arguments, command.watch),
});
