/**
 * What the rest of the program sees of a configuration: total, immutable, plain data (it can be cloned to a worker). Nothing here
 * is optional that run time would have to guess; times are milliseconds, files are paths, nothing has been opened yet. Types only.
 */
import type { Prefix } from '../address/block.ts';
import type { SpokenName } from '../protocols/facts.ts';
import type { Secret } from '../secret.ts';
import type { PskConfig, RevocationConfig, ServerNameConfig, SessionConfig, TlsConfig, TrustConfig, VerifyConfig } from './tls-config.ts';

/** Syslog severities as stunnel numbers them: 0 emerg, 1 alert, 2 crit, 3 err, 4 warning, 5 notice, 6 info, 7 debug. */
export type LogLevel = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** Every address that a network device has, and those it gets later. */
export interface DeviceAddresses {
  readonly kind: 'device';
  readonly device: string;
  readonly port: number;
}

export interface TcpAddress {
  readonly kind: 'tcp';
  /** Host name or IP literal without brackets. For `accept`, '' means all addresses. */
  readonly host: string;
  /** 0 to 65535; 0 is only useful for `accept` (the kernel chooses). */
  readonly port: number;
  /** A place to connect to: what stands where its port should, which this machine does not know. `port` is 0 then. */
  readonly unknownPort?: string;
}

export interface UnixAddress {
  readonly kind: 'unix';
  readonly path: string;
}

export type Address = TcpAddress | UnixAddress;

/** Ports `from` to `to`, both included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Where the client was going to port `from` of a host, port `to` of the same host is dialled. */
export interface PortMapping {
  readonly from: number;
  readonly to: number;
}

/** Every protocol that can be negotiated before or inside TLS (protocols/facts.ts); `auto` chooses one by the destination's port. */
export type ProtocolName = SpokenName | 'auto';

export interface ProtocolConfig {
  /** undefined: TLS at once. */
  readonly name: ProtocolName | undefined;
  /** protocolHost, as written: `host:port` for connect and socks, a name for smtp. */
  readonly host: string | undefined;
  /** Extra request header lines for connect. */
  readonly headers: readonly string[];
  readonly authentication: 'basic' | 'ntlm' | 'plain' | 'login';
  readonly domain: string | undefined;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  /** Server mode of pgsql: a request to cancel a query is taken in clear; undefined: unless clients must authenticate. */
  readonly cancelInClear: boolean | undefined;
}

/** Where the server name of an intercepted connection may come from, and what happens without one (`sni = auto`). */
export interface NamesConfig {
  /** Asked in this order; the first that answers wins. */
  readonly sources: readonly ('map' | 'protocol' | 'dns' | 'hosts')[];
  /** Of every destination, before any source is asked (`--name`). */
  readonly given: string | undefined;
  readonly mapFile: string | undefined;
  readonly hostsFile: string;
  /**
   * `refuse`: no connection; `address`: the certificate must be for the destination's address; `pin`: trust on first use in `pinStore`;
   * `send`: connect without a name check.
   */
  readonly missing: 'refuse' | 'address' | 'pin' | 'send';
  readonly pinStore: string;
  /** `last`: where a client asked several names for one address, the newest counts; `refuse`: then DNS gives no name. */
  readonly dnsAmbiguous: 'refuse' | 'last';
  /** Wait for a first byte on ports in neither list, in milliseconds. */
  readonly sniffMs: number;
  readonly clientFirstPorts: readonly PortRange[];
  readonly serverFirstPorts: readonly PortRange[];
}

/** A program that stands where the plain side would be. */
export interface ExecConfig {
  readonly path: string;
  /** The whole argv, `args[0]` included. */
  readonly args: readonly string[];
  readonly pty: boolean;
  /** Where its standard error goes: to the peer with its output, or where ours goes (`foreground = yes`). */
  readonly errors: 'peer' | 'ours';
}

/** One `socket = a|l|r:NAME=VALUE`. Names and value shapes are in `config/values/socket-options.ts`. */
export interface SocketOption {
  readonly name: string;
  readonly value:
    | { readonly kind: 'flag'; readonly on: boolean }
    | { readonly kind: 'int'; readonly value: number }
    | { readonly kind: 'linger'; readonly on: boolean; readonly seconds: number }
    | { readonly kind: 'timeval'; readonly seconds: number; readonly microseconds: number }
    | { readonly kind: 'text'; readonly text: string };
}

/** Socket options the user wrote; the last line of each name and socket wins. TCP_NODELAY of the two data sockets stands apart. */
export interface SocketsConfig {
  /** The listening socket. */
  readonly accept: readonly SocketOption[];
  /** The accepted socket. */
  readonly local: readonly SocketOption[];
  /** The socket we dial. */
  readonly remote: readonly SocketOption[];
  readonly localNoDelay: boolean;
  readonly remoteNoDelay: boolean;
}

/** All waits of a connection, in milliseconds (0 means at once, `undefined` means no limit), and how many there may be of one source. */
export interface Limits {
  readonly busyMs: number;
  readonly closeMs: number;
  readonly connectMs: number;
  /** Where no address answers all are tried again for so long; 0: once. */
  readonly redialMs: number;
  readonly idleMs: number;
  readonly setupMs: number | undefined;
  /** Connections that one source may have open at once (an IPv4 address, an IPv6 network of 64 bits); undefined: any number. */
  readonly clientsPerAddress: number | undefined;
  /** Clients that may come within a second: all together, and of one source; undefined: any number. */
  readonly handshakes: { readonly all: number | undefined; readonly each: number | undefined };
}

/** A certificate that is asked for at a directory and renewed by itself (RFC 8555); `tls.cert` and `tls.key` are its file then. */
export interface AcmeConfig {
  /** Host names, lower case; the first is that of the subject. */
  readonly names: readonly string[];
  /** `https:` URL. */
  readonly directory: string;
  readonly email: string | undefined;
  /** External account binding: the identifier, and the file of its key. */
  readonly binding: { readonly kid: string; readonly keyFile: string } | undefined;
  readonly keyType: 'ec256' | 'ec384' | 'rsa2048' | 'rsa4096';
  readonly profile: string | undefined;
  /** PEM file: whom the directory's own certificate is verified against, instead of those the runtime trusts. */
  readonly caFile: string | undefined;
  /** Where HTTP-01 is answered; undefined: TLS-ALPN-01 is, where the service listens. */
  readonly http: TcpAddress | undefined;
  /** Absolute folder of everything that is kept. */
  readonly store: string;
  /** Below it: of the account, and of this certificate. */
  readonly accountFolder: string;
  readonly folder: string;
}

export interface ServiceConfig {
  readonly name: string;
  /** `client`: plain in, TLS out. `server`: TLS in, plain out. */
  readonly mode: 'client' | 'server';
  /** Whose defaults apply: stunnel's (a FILE) or ours (built from a command line). */
  readonly origin: 'file' | 'command';
  readonly accept: readonly Address[];
  readonly connect: readonly Address[];
  /** Server mode: clients that fail certificate authentication go here instead of being refused; empty: they are refused. */
  readonly redirect: readonly Address[];
  readonly transparent: { readonly destination: boolean; readonly source: boolean };
  /** With `transparent.destination`: only the port changes, the address stays. First match counts. */
  readonly portMap: readonly PortMapping[];
  readonly exec: ExecConfig | undefined;
  /** exec with connect: pause before the program is started again, in milliseconds; undefined: it is not. */
  readonly retryMs: number | undefined;
  /** Server mode: a virtual host of the service named `primary`, chosen where `pattern` matches the client's SNI. */
  readonly virtualHost: { readonly primary: string; readonly pattern: string } | undefined;
  /** Of a primary with virtual hosts: what happens to a name that none of them matches. */
  readonly unmatchedName: 'primary' | 'refuse';
  readonly serverName: ServerNameConfig;
  readonly names: NamesConfig;
  /** The client already speaks TLS: wrap it once more, hand it through untouched, or refuse it. */
  readonly alreadyTls: 'wrap' | 'pass' | 'refuse';
  /** Rewrites the tcUrl of RTMP clients: to this rtmp: URL, or to the `connect` target. */
  readonly rtmpRewrite: { readonly kind: 'none' } | { readonly kind: 'auto' } | { readonly kind: 'url'; readonly url: string };
  readonly tls: TlsConfig;
  readonly trust: TrustConfig;
  readonly verify: VerifyConfig;
  readonly revocation: RevocationConfig;
  /** When the files of keys, certificates and trust are looked at again: never, as soon as they change, or every so many milliseconds. */
  readonly reloadCerts: 'no' | 'watch' | { readonly everyMs: number };
  /** Server mode; undefined: the certificate is whoever's who wrote `cert`. */
  readonly acme: AcmeConfig | undefined;
  readonly sessions: SessionConfig;
  readonly psk: PskConfig | undefined;
  readonly protocol: ProtocolConfig;
  /** PROXY protocol: the header we write, and the sources that must send one (undefined: nobody does, none is looked for). */
  readonly proxy: { readonly send: 'no' | 'v1' | 'v2'; readonly accept: readonly Prefix[] | undefined };
  /** As a SOCKS or CONNECT server: `special` refuses loopback, link-local, metadata and own addresses; `allow` lifts either. */
  readonly targets: { readonly refuse: 'loopback' | 'special'; readonly allow: readonly Prefix[] };
  readonly limits: Limits;
  /** A connection in the relay that carries nothing for so long is called silent, in milliseconds; undefined: it never is. */
  readonly silentMs: number | undefined;
  readonly failover: 'rr' | 'prio';
  /** Resolve `connect` at every connection instead of at start. */
  readonly delay: boolean;
  /** Source address of outgoing connections: a host name or IP literal. */
  readonly local: string | undefined;
  /** stunnel reset: failures close the plain side with RST. */
  readonly reset: boolean;
  /** A TLS stream that ends without close_notify reaches the plain side as a reset, and the other way round. */
  readonly strictClose: boolean;
  /** Ask hosts.allow and hosts.deny. */
  readonly libwrap: boolean;
  readonly sockets: SocketsConfig;
  /** Owner of the Unix `accept` sockets; undefined leaves it. */
  readonly socketOwner: { readonly uid: number | undefined; readonly gid: number | undefined };
  readonly logLevel: LogLevel;
  readonly logId: 'sequential' | 'unique' | 'thread' | 'process';
  /** Lines for the log about what its section says; told when the service is loaded, as stunnel does. */
  readonly warnings: readonly string[];
}

/** How the process can be looked at from outside while it serves. */
export interface WatchConfig {
  /** The control socket: a path; `auto`: one of our own in the folder for them; undefined: none. */
  readonly control: 'auto' | (string & {}) | undefined;
  /** undefined: the user we start as, and no group at all. */
  readonly controlOwner: { readonly uid: number | undefined; readonly gid: number | undefined };
  /** Where status, metrics and API can be read over TCP; undefined: nowhere. */
  readonly status: TcpAddress | undefined;
  /** PEM; undefined: in clear. */
  readonly statusCert: string | undefined;
  /** Equal to `statusCert` where only that is given. */
  readonly statusKey: string | undefined;
  /** PEM: whoever reads must show a certificate of one of these authorities. */
  readonly statusCa: string | undefined;
  /** A file whose content whoever reads must send (`Authorization: Bearer`). */
  readonly statusToken: string | undefined;
  /** How long the addresses of clients are shown after their connections have ended. */
  readonly keepClientsMs: number;
  /** One line of JSON a connection: a path, `syslog` or `-` for standard output; undefined: none. */
  readonly records: string | undefined;
  /** Also while it lives, in this rhythm; undefined: only at its end. */
  readonly recordsEveryMs: number | undefined;
}

export interface GlobalConfig {
  readonly foreground: 'yes' | 'quiet' | 'no';
  readonly logLevel: LogLevel;
  readonly syslog: boolean;
  /** Facility name as in syslog(3), lower case, without LOG_. */
  readonly syslogFacility: string;
  /** syslog ident. */
  readonly serviceName: string;
  readonly output: string | undefined;
  readonly logAppend: boolean;
  /** `json`: one object a line. */
  readonly logFormat: 'text' | 'json';
  readonly watch: WatchConfig;
  readonly pid: string | undefined;
  readonly chroot: string | undefined;
  /** Numeric: names were looked up when the configuration was read, since that may fail inside a chroot. */
  readonly setuid: number | undefined;
  readonly setgid: number | undefined;
  /** Applied to the process in order; an empty value unsets. */
  readonly setEnv: readonly { readonly name: string; readonly value: string }[];
  /** How long a TERM waits for running connections, in milliseconds; 0 cuts them at once. */
  readonly drainMs: number;
  /** Worker processes; `auto` is 1 on one or two cores, else one per core, at most 8. */
  readonly workers: number | 'auto';
  /** What processes that the network reaches may still ask of the kernel: `yes` fences them, `strict` also where that cannot be whole
   * is an error, `report` only says what the fence would be. */
  readonly confine: 'yes' | 'no' | 'report' | 'strict';
  readonly fips: boolean;
  /** Providers to load into the TLS library, in order, with their parameters, which may be secrets. */
  readonly providers: readonly {
    readonly name: string;
    readonly parameters: readonly { readonly name: string; readonly value: string }[];
  }[];
  /** Where the DNS forwarder listens (UDP and TCP); undefined: there is none. */
  readonly dnsListen: readonly (TcpAddress | DeviceAddresses)[] | undefined;
}

export interface Config {
  /** What the log names: the file's real path, or the command's name. */
  readonly source: string;
  /** A configuration without a section: one service, no listener, the client's socket is descriptor 0. */
  readonly inetd: boolean;
  /** --strict was given: what depends on it at run time (file permissions, unmatched names) refuses. */
  readonly strict: boolean;
  readonly global: GlobalConfig;
  readonly services: readonly ServiceConfig[];
  /** Lines for the log about what belongs to no service. */
  readonly warnings: readonly string[];
}
