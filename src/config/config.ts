/**
 * What the rest of the program sees of a configuration: total, immutable, plain data (it can be cloned to a worker). Nothing here
 * is optional that run time would have to guess; times are milliseconds, files are paths, nothing has been opened yet.
 */

/** Syslog severities as stunnel numbers them: 0 emerg, 1 alert, 2 crit, 3 err, 4 warning, 5 notice, 6 info, 7 debug. */
export type LogLevel = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

export interface TcpAddress {
  readonly kind: 'tcp';
  /** Host name or IP literal without brackets. For `accept`, '' means all addresses. */
  readonly host: string;
  /** 0 to 65535; 0 is only useful for `accept` (the kernel chooses). */
  readonly port: number;
}

export interface UnixAddress {
  readonly kind: 'unix';
  readonly path: string;
}

export type Address = TcpAddress | UnixAddress;

/** A public-key pin: base64 of SHA-256 over the SubjectPublicKeyInfo (RFC 7469 section 2.4), or a certificate/key file holding it. */
export type Pin =
  | { readonly kind: 'sha256'; readonly digest: string }
  | { readonly kind: 'file'; readonly path: string };

/** Where trust anchors come from. `system`: SSL_CERT_FILE/SSL_CERT_DIR, then the distributions' bundles. */
export interface TrustConfig {
  readonly system: boolean;
  readonly caFile: string | undefined;
  readonly caPath: string | undefined;
  /** file: URIs or paths only. */
  readonly caStore: string | undefined;
}

export interface VerifyConfig {
  /** Server mode: ask the client for a certificate at all. */
  readonly request: boolean;
  /** A missing certificate is a failure. */
  readonly require: boolean;
  /** stunnel verifyChain. */
  readonly chain: boolean;
  /** stunnel verifyPeer: subject and public key of the leaf are among the local certificates. */
  readonly peer: boolean;
  readonly checkHost: readonly string[];
  readonly checkIp: readonly string[];
  readonly checkEmail: readonly string[];
  /** Verify the learnt server name (services without a file, and `sni = auto` with verifyChain). */
  readonly serverName: boolean;
  readonly pins: readonly Pin[];
  /** `strict`: also refuse what a careful verifier refuses although OpenSSL accepts it. */
  readonly profile: 'openssl' | 'strict';
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** The TLS parameters of one service. Strings are in OpenSSL's own syntax. */
export interface TlsConfig {
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** TLS 1.2 cipher list. */
  readonly ciphers: string;
  /** TLS 1.3 suites, colon separated. */
  readonly ciphersuites: string;
  readonly curves: string;
  readonly securityLevel: number;
  /** SSL_OP_* bits. */
  readonly secureOptions: number;
  readonly honorCipherOrder: boolean;
  /** false: a renegotiation ends the connection. */
  readonly renegotiation: boolean;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly alpn: readonly string[];
}

/** What is sent as SNI and verified. `auto` learns it per connection from `nameSources`. */
export type ServerNameConfig =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly name: string }
  | { readonly kind: 'auto' };

/** All waits of a connection, in milliseconds; 0 means at once, `undefined` means no limit. */
export interface Limits {
  readonly busyMs: number;
  readonly closeMs: number;
  readonly connectMs: number;
  readonly idleMs: number;
  readonly setupMs: number | undefined;
}

export interface ServiceConfig {
  readonly name: string;
  /** `client`: plain in, TLS out. `server`: TLS in, plain out. */
  readonly mode: 'client' | 'server';
  /** Whose defaults apply: stunnel's (a FILE) or ours (built from a command line). */
  readonly origin: 'file' | 'command';
  readonly accept: readonly Address[];
  readonly connect: readonly Address[];
  readonly transparent: { readonly destination: boolean; readonly source: boolean };
  readonly serverName: ServerNameConfig;
  readonly tls: TlsConfig;
  readonly trust: TrustConfig;
  readonly verify: VerifyConfig;
  readonly limits: Limits;
  readonly failover: 'rr' | 'prio';
  /** Resolve `connect` at every connection instead of at start. */
  readonly delay: boolean;
  /** stunnel reset: failures close the plain side with RST. */
  readonly reset: boolean;
  readonly logLevel: LogLevel;
  readonly logId: 'sequential' | 'unique' | 'thread' | 'process';
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
  readonly pid: string | undefined;
  readonly chroot: string | undefined;
  readonly setuid: string | undefined;
  readonly setgid: string | undefined;
  /** Applied to the process in order; an empty value unsets. */
  readonly setEnv: readonly { readonly name: string; readonly value: string }[];
  /** How long a TERM waits for running connections, in milliseconds; 0 cuts them at once. */
  readonly drainMs: number;
}

export interface Config {
  /** What the log names: the file's real path, or the command's name. */
  readonly source: string;
  readonly global: GlobalConfig;
  readonly services: readonly ServiceConfig[];
}

/** One thing `check` reports. `line` is 1-based; 0 where no line is to blame. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** True for the warnings that `--strict` turns into errors. */
  readonly unsafe: boolean;
  readonly file: string;
  readonly line: number;
  readonly option: string;
  /** What is wrong and what to do, one sentence each. */
  readonly text: string;
  /** stunnel's own wording of an error, without the mark, as `overcoat-stunnel` prints it. */
  readonly stunnelText: string;
}
