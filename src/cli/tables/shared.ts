/** Flags that several commands share: whom they trust, what they show of themselves, how much they log, and the protocol before TLS. */
import { ipVersion, withoutBrackets } from '../../address/ip.ts';
import type { LearningChoice, TrustChoice } from '../../config/commands.ts';
import type { Address, LogLevel } from '../../config/config.ts';
import { exposureOf, openListener } from '../../config/exposure.ts';
import { protocolsFor } from '../../config/protocol-names.ts';
import { debug } from '../../config/values/log-values.ts';
import { serverName } from '../../config/values/server-names.ts';
import { pin } from '../../config/values/tls-values.ts';
import { seconds } from '../../config/values/values.ts';
import type { FlagRow } from '../args/flag-row.ts';
import type { Flags } from '../args/flags.ts';
import { optional, UsageError, value, wordOf } from '../args/flags.ts';

/** Of every command that wraps connections. */
export const TRUST_FLAGS = [
  { name: 'ca', value: 'FILE', help: "trust these CA certificates instead of the system's" },
  {
    name: 'pin',
    value: 'FILE|sha256:KEY',
    repeat: true,
    help: 'accept only this public key; may be repeated, any one suffices. Without --ca it replaces chain and name, beside --ca both must hold',
  },
  { name: 'cert', value: 'FILE', help: 'our own certificate, for servers that ask for one' },
  { name: 'key', value: 'FILE', help: 'its private key, if it is not in the same file' },
] as const satisfies readonly FlagRow[];

export const DEBUG_FLAG = { name: 'debug', value: 'LEVEL', help: 'how much is logged, 0 to 7 (5)' } as const satisfies FlagRow;

/** What the peer is called; the second is the name of the first in the protocol. */
export const NAME_FLAGS = [
  { name: 'name', value: 'NAME', help: 'send this name (SNI) and verify it, instead of the one that would be used or learnt' },
  { name: 'sni', value: 'NAME', help: 'the same as --name' },
] as const satisfies readonly FlagRow[];

const WITHOUT_NAME = ['refuse', 'address', 'pin'] as const;

/** Of the commands that intercept: where names come from beside the application and DNS. */
export const LEARNING_FLAGS = [
  { name: 'name-map', value: 'FILE', help: 'names by destination, one ADDRESS[/PREFIX][:PORT] NAME a line' },
  {
    name: 'name-missing',
    choices: WITHOUT_NAME,
    help: 'where no name is known: refuse, verify the address that was dialled, or trust the first key seen (refuse)',
  },
] as const satisfies readonly FlagRow[];

export const UNSAFE_LISTEN_FLAG = { name: 'unsafe-listen', help: 'allow an ACCEPT that everybody can reach' } as const satisfies FlagRow;

export const REDIAL_FLAG = {
  name: 'redial',
  value: 'SECONDS',
  help: 'where nobody answers, try again for so long while the client waits (0)',
} as const satisfies FlagRow;

export const KEYLOG_FLAG = {
  name: 'keylog',
  value: 'FILE',
  help: 'append the secrets of every connection to FILE, for Wireshark: whoever reads it reads all that is sent',
} as const satisfies FlagRow;

/** Of the commands that intercept. */
export const MAP_PORT_FLAG = {
  name: 'map-port',
  value: 'FROM:TO',
  help: 'take FROM too, and go to port TO of the same address, like 1935:443',
} as const satisfies FlagRow;

/** What ACCEPT and CONNECT are, for the help. */
export const ADDRESSES = 'ACCEPT and CONNECT are HOST:PORT, PORT or /PATH of a Unix socket; a port alone means this machine.';

export function protocolFlag(direction: 'client' | 'server') {
  const choices = protocolsFor(direction);
  const help = `negotiate TLS inside this protocol (STARTTLS), one of ${choices.join(', ')}`;
  return { name: 'protocol', value: 'NAME', choices, help } as const satisfies FlagRow;
}

/** @throws UsageError */
export function trustOf(flags: Flags<'ca' | 'pin' | 'cert' | 'key'>): TrustChoice {
  const cert = flags.one('cert');
  const key = flags.one('key');
  if (key !== undefined && cert === undefined) throw new UsageError('--key needs --cert');
  return { ca: flags.one('ca'), pins: flags.all('pin').map((text) => value('--pin', pin, text)), cert, key: key ?? cert };
}

/** A plain listener that other machines reach is an open door into the TLS connection behind it. @throws UsageError */
export function refusePublic(accept: Address): void {
  if (exposureOf(accept) !== 'public') return;
  throw new UsageError(`ACCEPT: ${openListener('listen on 127.0.0.1, or say --unsafe-listen')}`);
}

/** Nobody listens at port 0. @throws UsageError */
export function refusePortZero(connect: Address): void {
  if (connect.kind === 'tcp' && connect.port === 0)
    throw new UsageError('CONNECT: nobody can be reached at port 0; write the port of the server');
}

/** --name NAME. @throws UsageError */
export function nameFlag(flags: Flags<'name' | 'sni'>): string | undefined {
  if (flags.one('name') !== undefined && flags.one('sni') !== undefined)
    throw new UsageError('--sni is the same as --name: say one of them');
  return nameIn(flags, 'name') ?? nameIn(flags, 'sni');
}

function nameIn<Name extends 'name' | 'sni'>(flags: Flags<Name>, name: Name): string | undefined {
  if (ipVersion(withoutBrackets(flags.one(name) ?? '')) !== 0)
    throw new UsageError(
      `--${name}: it is an IP address, which is never sent as a name; leave it away: the address that is connected to is verified`,
    );
  return optional(flags, name, serverName);
}

/** @throws UsageError */
export function learningOf(flags: Flags<'name-map' | 'name-missing'>): LearningChoice {
  return { nameMap: flags.one('name-map'), nameMissing: optional(flags, 'name-missing', wordOf(WITHOUT_NAME)) };
}

/** --debug LEVEL, 5 (notice) without it. @throws UsageError */
export function logLevelOf(flags: Flags<'debug'>): LogLevel {
  const parsed = optional(flags, 'debug', debug);
  if (parsed === undefined) return 5;
  if (parsed.facility !== undefined) throw new UsageError('--debug: only the level is wanted here, 0 to 7');
  return parsed.level;
}

/** --redial SECONDS, in milliseconds. @throws UsageError */
export function redialOf(flags: Flags<'redial'>): number {
  return optional(flags, 'redial', seconds('')) ?? 0;
}
