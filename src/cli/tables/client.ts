import { hostName } from '../../address/host-name.ts';
import { ipVersion } from '../../address/ip.ts';
import type { Address } from '../../config/config.ts';
import { NAME_OPTIONS } from '../../config/options/names.ts';
import { protocolFor } from '../../config/protocol-names.ts';
import { address } from '../../config/values/address-values.ts';
import { nameOfTarget } from '../../config/values/server-names.ts';
import { optional, positionals, UsageError, value } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { WATCH_FLAGS, watchOf } from './control.ts';
import {
  ADDRESSES,
  DEBUG_FLAG,
  KEYLOG_FLAG,
  logLevelOf,
  NAME_FLAGS,
  nameFlag,
  protocolFlag,
  REDIAL_FLAG,
  redialOf,
  refusePortZero,
  refusePublic,
  TRUST_FLAGS,
  trustOf,
  UNSAFE_LISTEN_FLAG,
} from './shared.ts';

export const CLIENT = commandTable({
  name: 'client',
  call: 'client ACCEPT CONNECT',
  summary: 'plain in, TLS out, the server verified by its name',
  usage: ['client ACCEPT CONNECT [OPTIONS]'],
  about: ['Takes plain connections at ACCEPT and carries them over TLS to CONNECT, whose certificate is verified for its name.', ADDRESSES],
  flags: [
    ...TRUST_FLAGS,
    ...NAME_FLAGS,
    protocolFlag('client'),
    {
      name: 'rtmp-rewrite',
      value: 'auto|URL',
      help: 'replace the address in what RTMP clients ask for (tcUrl), by CONNECT or by rtmp://HOST/APP',
    },
    UNSAFE_LISTEN_FLAG,
    REDIAL_FLAG,
    ...WATCH_FLAGS,
    KEYLOG_FLAG,
    DEBUG_FLAG,
  ],
  example: 'client 1935 live.example.org:443',
  parse: (flags) => {
    const [listen = '', target = ''] = positionals(flags, 'ACCEPT', 'CONNECT');
    const trust = trustOf(flags);
    const accept = value('ACCEPT', address('127.0.0.1', 'accept'), listen);
    const connect = value('CONNECT', address('', 'connect'), target);
    refusePortZero(connect);
    const name = nameFlag(flags);
    const rtmpRewrite = optional(flags, 'rtmp-rewrite', NAME_OPTIONS.rtmpRewrite.parse);
    if (!flags.is('unsafe-listen')) refusePublic(accept);
    const verifiesName = trust.ca !== undefined || trust.pins.length === 0;
    if (verifiesName && name === undefined && !hasName(connect)) {
      throw new UsageError('CONNECT: there is no host name to verify in it; give --name NAME, or --pin instead of --ca');
    }
    const protocol = optional(flags, 'protocol', protocolFor('client'));
    return {
      kind: 'client',
      arguments: {
        ...trust,
        accept,
        connect,
        name,
        rtmpRewrite,
        protocol,
        redialMs: redialOf(flags),
        keyLog: flags.one('keylog'),
        debug: logLevelOf(flags),
      },
      watch: watchOf(flags),
    };
  },
  execute: async (command) => (await import('../commands/client.ts')).client(command.arguments, command.watch),
});

/** A name or IP address that a certificate can be for. */
function hasName(connect: Address): boolean {
  return connect.kind === 'tcp' && (ipVersion(connect.host) !== 0 || hostName(nameOfTarget(connect)) !== undefined);
}
