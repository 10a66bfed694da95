import { acmeConfig } from '../../config/acme-config.ts';
import type { AcmeConfig, Address } from '../../config/config.ts';
import { SERVER_CLIENTS_PER_ADDRESS } from '../../config/defaults.ts';
import { exposureOf, openProxy } from '../../config/exposure.ts';
import { isProxy, protocolFor } from '../../config/protocol-names.ts';
import { directoryUrl, mailAddress, provableName } from '../../config/values/acme-values.ts';
import { address, tcpAddress } from '../../config/values/address-values.ts';
import { atMost, handshakesPerSecond } from '../../config/values/limit-values.ts';
import { commaList } from '../../config/values/values.ts';
import type { Flags } from '../args/flags.ts';
import { optional, positionals, UsageError, value } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { WATCH_FLAGS, watchOf } from './control.ts';
import { ADDRESSES, DEBUG_FLAG, KEYLOG_FLAG, logLevelOf, protocolFlag, REDIAL_FLAG, redialOf, refusePortZero, trustOf } from './shared.ts';

export const SERVER = commandTable({
  name: 'server',
  call: 'server ACCEPT CONNECT',
  summary: 'TLS in, plain out',
  usage: [
    'server ACCEPT CONNECT --cert FILE [OPTIONS]',
    'server ACCEPT CONNECT --acme NAME --acme-agree [OPTIONS]',
    'server ACCEPT --protocol socks|connect --cert FILE [OPTIONS]',
  ],
  about: ['Takes TLS connections at ACCEPT and carries them in clear to CONNECT, or as a proxy to where each client asks.', ADDRESSES],
  flags: [
    { name: 'cert', value: 'FILE', help: 'our certificate with its chain, the leaf first (PEM or PKCS#12)' },
    { name: 'key', value: 'FILE', help: 'its private key, if it is not in the same file' },
    {
      name: 'acme',
      value: 'NAME[,NAME...]',
      help: "in place of --cert: ask for a certificate for these names at Let's Encrypt or --acme-directory, and renew it",
    },
    { name: 'acme-agree', help: 'you agree to the terms of service of that authority' },
    { name: 'acme-directory', value: 'URL', help: 'where certificates are asked for' },
    { name: 'acme-email', value: 'ADDRESS', help: 'where the authority may write to' },
    { name: 'acme-http', value: '[HOST:]PORT', help: 'prove names by HTTP-01 here, instead of by TLS-ALPN-01 at ACCEPT' },
    { name: 'acme-store', value: 'FOLDER', help: 'where account and certificates are kept (/var/lib/overcoat/acme)' },
    { name: 'acme-ca', value: 'FILE', help: 'whom the certificate of the directory itself is verified against' },
    { name: 'ca', value: 'FILE', help: 'clients must show a certificate of these CAs' },
    {
      name: 'pin',
      value: 'FILE|sha256:KEY',
      repeat: true,
      help: 'clients must hold this public key; may be repeated, any one suffices',
    },
    protocolFlag('server'),
    REDIAL_FLAG,
    {
      name: 'clients-per-address',
      value: 'NUMBER',
      help: `connections that one address may have open at once, an IPv6 /64 as one; 0: any number (${SERVER_CLIENTS_PER_ADDRESS})`,
    },
    {
      name: 'handshakes-per-second',
      value: 'ALL[,EACH]',
      help: 'clients let in within a second: all together, and of one address; 0: any number (0)',
    },
    ...WATCH_FLAGS,
    KEYLOG_FLAG,
    DEBUG_FLAG,
  ],
  example: 'server 0.0.0.0:443 1935 --cert /etc/overcoat/server.pem',
  parse: (flags) => {
    const protocol = optional(flags, 'protocol', protocolFor('server'));
    const proxy = isProxy(protocol);
    const [listen = '', target] = proxy ? proxyPositionals(flags) : positionals(flags, 'ACCEPT', 'CONNECT');
    const { ca, pins, cert, key } = trustOf(flags);
    const acme = acmeOf(flags);
    if (cert === undefined && acme === undefined)
      throw new UsageError('--cert FILE is missing: a TLS server needs a certificate (or --acme NAME, to ask for one)');
    if (cert !== undefined && acme !== undefined) throw new UsageError('--acme takes the place of --cert; say one of them');
    const accept = value('ACCEPT', address('127.0.0.1', 'accept'), listen);
    const connect = target === undefined ? undefined : value('CONNECT', address('', 'connect'), target);
    if (connect !== undefined) refusePortZero(connect);
    if (proxy && ca === undefined && pins.length === 0) refuseOpenProxy(accept);
    if (acme !== undefined && acme.http === undefined && protocol !== undefined)
      throw new UsageError('--acme with --protocol needs --acme-http 80: the authority speaks TLS at once');
    return {
      kind: 'server',
      arguments: {
        accept,
        connect,
        cert,
        key,
        acme,
        ca,
        pins,
        protocol,
        redialMs: redialOf(flags),
        clientsPerAddress: optional(flags, 'clients-per-address', atMost),
        handshakes: optional(flags, 'handshakes-per-second', handshakesPerSecond),
        keyLog: flags.one('keylog'),
        debug: logLevelOf(flags),
      },
      watch: watchOf(flags),
    };
  },
  execute: async (command) => (await import('../commands/server.ts')).server(command.arguments, command.watch),
});

/** The client names the target; a CONNECT is taken all the same, and warned of. @throws UsageError */
function proxyPositionals(flags: Flags): readonly string[] {
  return flags.positionals.length === 2 ? positionals(flags, 'ACCEPT', 'CONNECT') : positionals(flags, 'ACCEPT');
}

/** @throws UsageError */
function refuseOpenProxy(accept: Address): void {
  if (exposureOf(accept) !== 'public') return;
  throw new UsageError(`ACCEPT: ${openProxy('--ca or --pin')}`);
}

type AcmeFlag = 'acme' | 'acme-agree' | 'acme-directory' | 'acme-email' | 'acme-http' | 'acme-store' | 'acme-ca';

function acmeOf(flags: Flags<AcmeFlag>): AcmeConfig | undefined {
  const names = optional(flags, 'acme', commaList(provableName));
  const others = ['acme-agree', 'acme-directory', 'acme-email', 'acme-http', 'acme-store', 'acme-ca'] as const;
  if (names === undefined) {
    const alone = others.find((name) => (name === 'acme-agree' ? flags.is(name) : flags.one(name) !== undefined));
    if (alone !== undefined) throw new UsageError(`--${alone} needs --acme NAME`);
    return undefined;
  }
  if (!flags.is('acme-agree')) throw new UsageError('--acme needs --acme-agree: read the terms of service of the authority first');
  return acmeConfig({
    names,
    directory: optional(flags, 'acme-directory', directoryUrl),
    email: optional(flags, 'acme-email', mailAddress),
    http: optional(flags, 'acme-http', tcpAddress('', 'acmeHttp')),
    store: flags.one('acme-store'),
    caFile: flags.one('acme-ca'),
  });
}
