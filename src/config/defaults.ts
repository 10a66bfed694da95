/**
 * What holds where nothing is said. A file has stunnel's defaults, a service built from a command line has safe ones; both are whole
 * `ServiceConfig`s to copy from, so tests use them too.
 */
import { join } from 'node:path';
import type { GlobalConfig, Limits, NamesConfig, PortRange, ServiceConfig, SocketOption, WatchConfig } from './config.ts';
import type { TlsConfig } from './tls-config.ts';
import { NO_RENEGOTIATION } from './values/ssl-options.ts';

/**
 * stunnel's list for TLS 1.2, and OpenSSL's order for TLS 1.3. A group with a star is sent as a key share (SSL_CTX_set1_groups_list(3)):
 * the post-quantum one, and a classical one for peers without it, who would otherwise ask for a second round.
 */
const FILE_TLS: TlsConfig = {
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1.3',
  ciphers: 'HIGH:!aNULL:!SSLv2:!DH:!kDHEPSK',
  ciphersuites: 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256',
  curves: '*X25519MLKEM768:*X25519:P-256:X448:P-521:P-384',
  securityLevel: 2,
  secureOptions: 0,
  clearedOptions: 0,
  commands: [],
  honorCipherOrder: false,
  renegotiation: true,
  cert: undefined,
  key: undefined,
  alpn: [],
  keyLog: undefined,
};

/** Forward secrecy and authenticated encryption only (RFC 9325 section 4.2), AES-128-GCM first because it costs least. */
const COMMAND_TLS: TlsConfig = {
  ...FILE_TLS,
  minVersion: 'TLSv1.2',
  ciphers: [
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
  ciphersuites: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
  curves: '*X25519MLKEM768:*X25519:prime256v1:secp384r1',
  secureOptions: Number(NO_RENEGOTIATION),
  honorCipherOrder: true,
  renegotiation: false,
};

/** ftp-data aside, where the client of a well-known protocol speaks first. */
const CLIENT_FIRST: readonly PortRange[] = [80, 443, 554, 1935, 1936, 5222, 5223, 8000, 8008, 8080, 8081, 8443, 8554, 8888].map(single);

/** Where the server greets first. Not the ports of TLS from the first byte (465, 993): clients that speak it themselves begin. */
const SERVER_FIRST: readonly PortRange[] = [21, 22, 23, 24, 25, 110, 119, 143, 587, 2525, 3306, 4190, 5900, 6667].map(single);

const LIMITS: Limits = {
  busyMs: 300_000,
  closeMs: 60_000,
  connectMs: 10_000,
  redialMs: 0,
  idleMs: 43_200_000,
  setupMs: undefined,
  clientsPerAddress: undefined,
  handshakes: { all: undefined, each: undefined },
};

/**
 * Of `overcoat server`, `clientsPerAddress`: one address must not take every descriptor, and no place with good clients should ever come near
 * it. Carriers put some 64 customers behind one address (65,536 ports in blocks of 1,000, RFC 7422): that leaves 8 connections for each.
 */
export const SERVER_CLIENTS_PER_ADDRESS = 500;

const NAMES: NamesConfig = {
  sources: ['map', 'protocol', 'dns', 'hosts'],
  given: undefined,
  mapFile: undefined,
  hostsFile: '/etc/hosts',
  missing: 'send',
  pinStore: defaultPinStore(process.getuid?.() === 0, process.env),
  dnsAmbiguous: 'refuse',
  sniffMs: 300,
  clientFirstPorts: CLIENT_FIRST,
  serverFirstPorts: SERVER_FIRST,
};

/** A service of a file that says nothing; it has no endpoint yet. */
export const FILE_SERVICE: ServiceConfig = {
  name: 'stunnel',
  mode: 'server',
  origin: 'file',
  accept: [],
  connect: [],
  redirect: [],
  transparent: { destination: false, source: false },
  portMap: [],
  exec: undefined,
  retryMs: undefined,
  virtualHost: undefined,
  unmatchedName: 'primary',
  serverName: { kind: 'none' },
  names: NAMES,
  alreadyTls: 'wrap',
  rtmpRewrite: { kind: 'none' },
  tls: FILE_TLS,
  trust: { system: false, caFile: undefined, caPath: undefined, caStore: undefined },
  verify: {
    request: false,
    require: false,
    chain: false,
    peer: false,
    checkHost: [],
    checkIp: [],
    checkEmail: [],
    checkUri: [],
    serverName: false,
    pins: [],
    profile: 'openssl',
  },
  revocation: {
    crlFile: undefined,
    crlUrl: undefined,
    crlPath: undefined,
    crlCheck: 'leaf',
    ocsp: { url: undefined, aia: false, nonce: false, require: true, flags: [], timeoutMs: 5_000 },
  },
  reloadCerts: 'no',
  acme: undefined,
  sessions: { resume: true, cacheSize: 1000, lifetimeMs: 300_000, ticketFile: undefined, ticketKeys: undefined },
  psk: undefined,
  protocol: {
    name: undefined,
    host: undefined,
    headers: [],
    authentication: 'basic',
    domain: undefined,
    username: undefined,
    password: undefined,
    cancelInClear: undefined,
  },
  proxy: { send: 'no', accept: undefined },
  targets: { refuse: 'loopback', allow: [] },
  limits: LIMITS,
  silentMs: 10_000,
  failover: 'prio',
  delay: false,
  local: undefined,
  reset: true,
  strictClose: false,
  libwrap: false,
  sockets: { accept: [], local: [], remote: [], localNoDelay: true, remoteNoDelay: true },
  socketOwner: { uid: undefined, gid: undefined },
  logLevel: 5,
  logId: 'sequential',
  warnings: [],
};

/**
 * A dead peer is noticed while a sender sends (the kernel gives up on what is not acknowledged after a minute, not after a quarter of an
 * hour) and while nothing moves (four questions of 15 seconds after a minute of silence), and routers on the way do not forget the connection.
 */
const ALIVE: readonly SocketOption[] = [
  { name: 'SO_KEEPALIVE', value: { kind: 'flag', on: true } },
  { name: 'TCP_KEEPIDLE', value: { kind: 'int', value: 60 } },
  { name: 'TCP_KEEPINTVL', value: { kind: 'int', value: 15 } },
  { name: 'TCP_KEEPCNT', value: { kind: 'int', value: 4 } },
  { name: 'TCP_USER_TIMEOUT', value: { kind: 'int', value: 60_000 } },
];

/** A service without a file: our TLS profile, strict certificates, everything that waits for the client bounded. */
export const COMMAND_SERVICE: ServiceConfig = {
  ...FILE_SERVICE,
  origin: 'command',
  tls: COMMAND_TLS,
  verify: { ...FILE_SERVICE.verify, profile: 'strict' },
  reloadCerts: 'watch',
  names: { ...NAMES, missing: 'refuse' },
  targets: { refuse: 'special', allow: [] },
  limits: { ...LIMITS, setupMs: 10_000 },
  unmatchedName: 'refuse',
  // accepted sockets have what their listening one has (tcp(7))
  sockets: { ...FILE_SERVICE.sockets, accept: ALIVE, remote: ALIVE },
};

/** Nobody looks. */
export const UNWATCHED: WatchConfig = {
  control: undefined,
  controlOwner: { uid: undefined, gid: undefined },
  status: undefined,
  statusCert: undefined,
  statusKey: undefined,
  statusCa: undefined,
  statusToken: undefined,
  keepClientsMs: 86_400_000,
  records: undefined,
  recordsEveryMs: undefined,
};

/** The process as a file has it; what depends on the launcher is `drainMs` and whether there is a control socket. */
export const FILE_GLOBAL: GlobalConfig = {
  foreground: 'no',
  logLevel: 5,
  syslog: true,
  syslogFacility: 'daemon',
  serviceName: 'stunnel',
  output: undefined,
  logAppend: true,
  logFormat: 'text',
  watch: UNWATCHED,
  pid: undefined,
  chroot: undefined,
  setuid: undefined,
  setgid: undefined,
  setEnv: [],
  drainMs: 30_000,
  workers: 'auto',
  confine: 'no',
  fips: false,
  providers: [],
  dnsListen: undefined,
};

/** The process of a command: in the foreground, its log on standard error. */
export const COMMAND_GLOBAL: GlobalConfig = {
  ...FILE_GLOBAL,
  foreground: 'yes',
  syslog: false,
  serviceName: 'overcoat',
  workers: 1,
  confine: 'yes',
};

/** Where pins of first use are kept (XDG base directories for ordinary users). */
export function defaultPinStore(isRoot: boolean, environment: Readonly<Record<string, string | undefined>>): string {
  if (isRoot) return '/var/lib/overcoat/pins';
  const { XDG_STATE_HOME: state, HOME: home } = environment;
  if (state?.startsWith('/')) return join(state, 'overcoat', 'pins');
  return join(home?.startsWith('/') ? home : '/', '.local', 'state', 'overcoat', 'pins');
}

function single(port: number): PortRange {
  return { from: port, to: port };
}
