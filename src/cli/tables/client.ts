import { hostName } from '../../address/host-name.ts';
import { ipVersion } from '../../address/ip.ts';
import type { Address } from '../../config/config.ts';
import { exposureOf } from '../../config/exposure.ts';
import { protocolFor } from '../../config/protocol-names.ts';
import { address } from '../../config/values/address-values.ts';
import { nameOfTarget, serverName } from '../../config/values/server-names.ts';
import { optional, positionals, UsageError, value } from '../flags.ts';
import { commandTable } from '../table.ts';
import { ADDRESSES, DEBUG_FLAG, logLevelOf, protocolFlag, TRUST_FLAGS, trustOf } from './shared.ts';

export const CLIENT = commandTable({
  name: 'client',
  call: 'client ACCEPT CONNECT',
  summary: 'plain in, TLS out, the server verified by its name',
  usage: ['client ACCEPT CONNECT [OPTIONS]'],
  about: ['Takes plain connections at ACCEPT and carries them over TLS to CONNECT, whose certificate is verified for its name.', ADDRESSES],
  flags: [
    ...TRUST_FLAGS,
    { name: 'sni', value: 'NAME', help: 'send and verify this name instead of the host of CONNECT' },
    protocolFlag('client'),
    { name: 'unsafe-listen', help: 'allow an ACCEPT that everybody can reach' },
    DEBUG_FLAG,
  ],
  example: 'client 1935 live.example.org:443',
  parse: (flags) => {
    const [listen = '', target = ''] = positionals(flags, 'ACCEPT', 'CONNECT');
    const trust = trustOf(flags);
    const accept = value('ACCEPT', address('127.0.0.1', 'accept'), listen);
    const connect = value('CONNECT', address('', 'connect'), target);
    const sni = optional(flags, 'sni', serverName);
    if (!flags.is('unsafe-listen')) refusePublic(accept);
    const verifiesName = trust.ca !== undefined || trust.pins.length === 0;
    if (verifiesName && sni === undefined && !hasName(connect)) {
      throw new UsageError('CONNECT: there is no host name to verify in it; give --sni NAME, or --pin instead of --ca');
    }
    const protocol = optional(flags, 'protocol', protocolFor('client'));
    return { kind: 'client', arguments: { ...trust, accept, connect, sni, protocol, debug: logLevelOf(flags) } };
  },
  execute: async (command) => (await import('../commands/client.ts')).client(command.arguments),
});

/** A plain listener that other machines reach is an open door into the TLS connection behind it. */
function refusePublic(accept: Address): void {
  if (exposureOf(accept) !== 'public') return;
  throw new UsageError('ACCEPT: anybody who reaches this address could use the connection; listen on 127.0.0.1, or say --unsafe-listen');
}

/** A name or IP address that a certificate can be for. */
function hasName(connect: Address): boolean {
  return connect.kind === 'tcp' && (ipVersion(connect.host) !== 0 || hostName(nameOfTarget(connect)) !== undefined);
}
