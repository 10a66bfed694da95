/** Arguments of `client` and `server`: one service without a file, with safe defaults. */

import { isIP } from 'node:net';
import { hostName } from '../../address/host-name.ts';
import type { Address } from '../../config/config.ts';
import { exposureOf } from '../../config/exposure.ts';
import { protocolFor } from '../../config/protocol-names.ts';
import { address } from '../../config/values/address-values.ts';
import { nameOfTarget, serverName } from '../../config/values/server-names.ts';
import type { Command } from '../command.ts';
import { logLevelOf, optional, positionals, readFlags, TRUST_FLAGS, trustOf, UsageError, value } from './flags.ts';

const CLIENT_FLAGS = {
  ...TRUST_FLAGS,
  sni: { type: 'string' },
  protocol: { type: 'string' },
  'unsafe-listen': { type: 'boolean' },
} as const;
const SERVER_FLAGS = { ...TRUST_FLAGS, protocol: { type: 'string' } } as const;

export function parseClient(args: readonly string[]): Command {
  const flags = readFlags(args, CLIENT_FLAGS);
  if (flags.help) return { kind: 'help', topic: 'client' };
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
}

export function parseServer(args: readonly string[]): Command {
  const flags = readFlags(args, SERVER_FLAGS);
  if (flags.help) return { kind: 'help', topic: 'server' };
  const [listen = '', target = ''] = positionals(flags, 'ACCEPT', 'CONNECT');
  const { ca, pins, cert, key } = trustOf(flags);
  if (cert === undefined) throw new UsageError('--cert FILE is missing: a TLS server needs a certificate');
  const accept = value('ACCEPT', address('127.0.0.1', 'accept'), listen);
  const connect = value('CONNECT', address('', 'connect'), target);
  const protocol = optional(flags, 'protocol', protocolFor('server'));
  return { kind: 'server', arguments: { accept, connect, cert, key, ca, pins, protocol, debug: logLevelOf(flags) } };
}

/** A plain listener that other machines reach is an open door into the TLS connection behind it. */
function refusePublic(accept: Address): void {
  if (exposureOf(accept) !== 'public') return;
  throw new UsageError('ACCEPT: anybody who reaches this address could use the connection; listen on 127.0.0.1, or say --unsafe-listen');
}

/** A name or IP address that a certificate can be for. */
function hasName(connect: Address): boolean {
  return connect.kind === 'tcp' && (isIP(connect.host) !== 0 || hostName(nameOfTarget(connect)) !== undefined);
}
