/**
 * Configurations without a file, for the commands `client`, `server`, `gateway` and `exec`: the same types as from a file, with safe
 * defaults. Verification is on, names are known or the connection is refused, waiting for the client is bounded.
 */

import { hostName } from '../address/host-name.ts';
import { withAcmeFiles } from './acme-config.ts';
import type {
  AcmeConfig,
  Address,
  Config,
  GlobalConfig,
  Limits,
  LogLevel,
  PortMapping,
  PortRange,
  ProtocolName,
  ServiceConfig,
} from './config.ts';
import { COMMAND_GLOBAL, COMMAND_SERVICE, SERVER_CLIENTS_PER_ADDRESS } from './defaults.ts';
import { alpnOf, isProxy } from './protocol-names.ts';
import type { Pin, TlsConfig, TrustConfig, VerifyConfig } from './tls-config.ts';
import { keyLogWarning } from './values/key-log-warning.ts';
import { nameOfTarget } from './values/server-names.ts';

/** What every command says about trust. */
export interface TrustChoice {
  /** File of CA certificates; undefined: the system's store, unless a pin stands alone. */
  readonly ca: string | undefined;
  /** Any one of them suffices; without `ca` they replace chain and name. */
  readonly pins: readonly Pin[];
  /** Our own certificate, for peers that ask for one. */
  readonly cert: string | undefined;
  /** Equal to `cert` where only that is given. */
  readonly key: string | undefined;
}

export interface ClientChoice extends TrustChoice {
  /** A bare port is loopback. */
  readonly accept: Address;
  readonly connect: Address;
  /** Sent and verified instead of the host of `connect`. */
  readonly name: string | undefined;
  /** undefined: tcUrls stay as they are. */
  readonly rtmpRewrite?: ServiceConfig['rtmpRewrite'] | undefined;
  readonly protocol: ProtocolName | undefined;
  /** Where nobody answers, all addresses are tried again for so long; without: once. */
  readonly redialMs?: number;
  /** Where the secrets of every connection go; undefined: nowhere. */
  readonly keyLog?: string | undefined;
  readonly debug: LogLevel;
}

export interface ServerChoice {
  readonly accept: Address;
  /** undefined: where each client asks by `protocol`. */
  readonly connect: Address | undefined;
  /** undefined: `acme`. */
  readonly cert: string | undefined;
  readonly acme?: AcmeConfig | undefined;
  readonly key: string | undefined;
  /** Clients must show a certificate that chains to one of this file. */
  readonly ca: string | undefined;
  /** Clients must hold one of these keys. */
  readonly pins: readonly Pin[];
  readonly protocol: ProtocolName | undefined;
  /** Where nobody answers, all addresses are tried again for so long; without: once. */
  readonly redialMs?: number;
  /** undefined: SERVER_CLIENTS_PER_ADDRESS. */
  readonly clientsPerAddress?: { readonly most: number | undefined } | undefined;
  /** Without: any number. */
  readonly handshakes?: Limits['handshakes'] | undefined;
  /** Where the secrets of every connection go; undefined: nowhere. */
  readonly keyLog?: string | undefined;
  readonly debug: LogLevel;
}

/** Where names come from beside the application and DNS, and what happens without one. */
export interface LearningChoice {
  readonly nameMap?: string | undefined;
  /** undefined: refuse. */
  readonly nameMissing?: 'refuse' | 'address' | 'pin' | undefined;
}

export interface TransparentChoice extends TrustChoice, LearningChoice {
  /** Of the service. */
  readonly service: string;
  /** Sent and verified for every connection; undefined: learnt for each. */
  readonly name?: string | undefined;
  /** Empty where the sockets are made elsewhere. */
  readonly accept: readonly Address[];
  readonly portMap: readonly PortMapping[];
  readonly clientFirstPorts?: readonly PortRange[];
  readonly redialMs?: number;
  /** Where the secrets of every connection go; undefined: nowhere. */
  readonly keyLog?: string | undefined;
  readonly debug: LogLevel;
}

/** `overcoat client`: plain on this machine, TLS to a named server whose certificate is verified for that name. */
export function buildClientConfig(choice: ClientChoice): Config {
  const host = choice.connect.kind === 'tcp' ? nameOfTarget(choice.connect) : '';
  const name = choice.name ?? hostName(host);
  const verify = clientVerify(choice);
  const service: ServiceConfig = {
    ...COMMAND_SERVICE,
    name: 'client',
    mode: 'client',
    accept: [choice.accept],
    connect: [choice.connect],
    serverName: name === undefined ? { kind: 'none' } : { kind: 'fixed', name },
    protocol: { ...COMMAND_SERVICE.protocol, name: choice.protocol },
    rtmpRewrite: choice.rtmpRewrite ?? COMMAND_SERVICE.rtmpRewrite,
    limits: { ...COMMAND_SERVICE.limits, redialMs: choice.redialMs ?? 0 },
    tls: { ...tlsOf(choice), alpn: alpnOf(choice.protocol) },
    warnings: warningsOf('client', choice),
    trust: trustOf(choice),
    verify: verify.chain ? { ...verify, checkHost: name === undefined ? [] : [name], checkIp: name === undefined ? [host] : [] } : verify,
  };
  return commandConfig('client', choice.debug, service);
}

/** `overcoat server`: TLS with our certificate, plain behind it. */
export function buildServerConfig(choice: ServerChoice): Config {
  const asks = choice.ca !== undefined || choice.pins.length > 0;
  const service: ServiceConfig = {
    ...COMMAND_SERVICE,
    name: 'server',
    mode: 'server',
    accept: [choice.accept],
    connect: choice.connect === undefined ? [] : [choice.connect],
    protocol: { ...COMMAND_SERVICE.protocol, name: choice.protocol },
    limits: {
      ...COMMAND_SERVICE.limits,
      redialMs: choice.redialMs ?? 0,
      clientsPerAddress: (choice.clientsPerAddress ?? { most: SERVER_CLIENTS_PER_ADDRESS }).most,
      handshakes: choice.handshakes ?? COMMAND_SERVICE.limits.handshakes,
    },
    tls: tlsOf(choice),
    warnings: [...warningsOf('server', choice), ...unusedTarget(choice)],
    trust: { system: false, caFile: choice.ca, caPath: undefined, caStore: undefined },
    verify: { ...COMMAND_SERVICE.verify, request: asks, require: asks, chain: choice.ca !== undefined, pins: choice.pins },
  };
  return commandConfig('server', choice.debug, withAcmeFiles({ ...service, acme: choice.acme }));
}

/**
 * The service of `gateway` and `exec`: intercepted connections go to their original destination; the name is learnt from each and
 * verified, and a client that speaks TLS already is handed through.
 */
export function buildTransparentService(choice: TransparentChoice): ServiceConfig {
  const { names } = COMMAND_SERVICE;
  const verify = clientVerify(choice);
  return {
    ...COMMAND_SERVICE,
    name: choice.service,
    mode: 'client',
    accept: choice.accept,
    transparent: { destination: true, source: false },
    portMap: choice.portMap,
    serverName: { kind: 'auto' },
    names: {
      ...names,
      given: choice.name,
      mapFile: choice.nameMap,
      missing: choice.nameMissing ?? names.missing,
      clientFirstPorts: choice.clientFirstPorts ?? names.clientFirstPorts,
    },
    alreadyTls: 'pass',
    protocol: { ...COMMAND_SERVICE.protocol, name: 'auto' },
    limits: { ...COMMAND_SERVICE.limits, redialMs: choice.redialMs ?? 0 },
    tls: tlsOf(choice),
    warnings: warningsOf(choice.service, choice),
    trust: trustOf(choice),
    verify: { ...verify, serverName: verify.chain },
    logLevel: choice.debug,
  };
}

/** A process in the foreground, its log on standard error, around these services. */
export function commandConfig(source: string, debug: LogLevel, ...services: readonly ServiceConfig[]): Config {
  const global: GlobalConfig = { ...COMMAND_GLOBAL, logLevel: debug };
  const shown = services.map((service) => ({ ...service, logLevel: debug }));
  return { source, inetd: false, strict: true, global, services: shown, warnings: [] };
}

type TlsChoice = Pick<TrustChoice, 'cert' | 'key'> & Pick<ClientChoice, 'keyLog'>;

function tlsOf({ cert, key, keyLog }: TlsChoice): TlsConfig {
  return { ...COMMAND_SERVICE.tls, cert, key: key ?? cert, keyLog };
}

/** What is said in the log although somebody has asked for it. */
function warningsOf(service: string, { keyLog }: TlsChoice): readonly string[] {
  return keyLog === undefined ? [] : [keyLogWarning(service, keyLog)];
}

/** A proxy goes where its client asks. */
function unusedTarget({ connect, protocol }: ServerChoice): readonly string[] {
  if (connect === undefined || !isProxy(protocol)) return [];
  return [`Service [server] never uses CONNECT: with --protocol ${protocol} each client says where it wants to go`];
}

/** A pin alone replaces chain and name; beside --ca both must hold. */
function clientVerify(choice: TrustChoice): VerifyConfig {
  const chain = choice.pins.length === 0 || choice.ca !== undefined;
  return { ...COMMAND_SERVICE.verify, request: true, require: true, chain, pins: choice.pins };
}

function trustOf(choice: TrustChoice): TrustConfig {
  const system = choice.ca === undefined && choice.pins.length === 0;
  return { system, caFile: choice.ca, caPath: undefined, caStore: undefined };
}
