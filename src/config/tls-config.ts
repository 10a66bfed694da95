/** What one service asks of TLS: its own certificate and parameters, whom it trusts, how a peer is verified, what is resumed. Types only. */

/** A public-key pin: base64 of SHA-256 over the SubjectPublicKeyInfo (RFC 7469 section 2.4), or a certificate/key file holding it. */
export type Pin = { readonly kind: 'sha256'; readonly digest: string } | { readonly kind: 'file'; readonly path: string };

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
  /** Whole URIs; one that ends in a star stands for everything below it. */
  readonly checkUri: readonly string[];
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
  /** TLS 1.2 cipher list, as written. */
  readonly ciphers: string;
  /** TLS 1.3 suites, colon separated. */
  readonly ciphersuites: string;
  readonly curves: string;
  /** 0 to 5, the effective one: a `@SECLEVEL` in a cipher list beats `securityLevel`. */
  readonly securityLevel: number;
  /** SSL_OP_* bits to set, as OpenSSL 3 numbers them; may exceed 32 bits, so combine them with BigInt only. */
  readonly secureOptions: number;
  /** Those to clear, afterwards. */
  readonly clearedOptions: number;
  /** Of SSL_CONF_cmd(3), in order, after everything else; what they say about the members here is in these already. */
  readonly commands: readonly { readonly name: string; readonly value: string }[];
  readonly honorCipherOrder: boolean;
  /** false: a renegotiation ends the connection. */
  readonly renegotiation: boolean;
  /** PEM or PKCS#12 file with the own chain, leaf first. */
  readonly cert: string | undefined;
  /** File with the private key; equal to `cert` where only that is given. */
  readonly key: string | undefined;
  /** Protocol names offered or required by ALPN, in order of preference; empty means no ALPN. */
  readonly alpn: readonly string[];
  /** File that the secrets of every connection are appended to; undefined: they are told to nobody. */
  readonly keyLog: string | undefined;
}

/** What is sent as SNI and verified. `auto` learns it per connection from `nameSources`. */
export type ServerNameConfig =
  /** `unusable`: what is no name stands in its place, and why it is none. */
  | { readonly kind: 'none'; readonly unusable?: { readonly written: string; readonly why: string } }
  | { readonly kind: 'fixed'; readonly name: string }
  | { readonly kind: 'auto' };

/** The flags of stunnel's OCSPflag, as OpenSSL names them without the OCSP_ prefix. */
export type OcspFlag =
  | 'NOCERTS'
  | 'NOINTERN'
  | 'NOSIGS'
  | 'NOCHAIN'
  | 'NOVERIFY'
  | 'NOEXPLICIT'
  | 'NOCASIGN'
  | 'NODELEGATED'
  | 'NOCHECKS'
  | 'TRUSTOTHER'
  | 'RESPID_KEY'
  | 'NOTIME';

/** How withdrawn certificates are found out: lists wherever a certificate is verified, OCSP only together with `verify.chain`. */
export interface RevocationConfig {
  readonly crlFile: string | undefined;
  /** Where `crlFile` is fetched from again, before it ends. */
  readonly crlUrl: string | undefined;
  /** Directory with hashed names, as `openssl rehash` makes it. */
  readonly crlPath: string | undefined;
  /** `leaf`: only the peer's own certificate is looked up, as stunnel does; `chain`: every certificate below the trust anchor. */
  readonly crlCheck: 'leaf' | 'chain';
  readonly ocsp: {
    /** http URL of a responder for the leaf. */
    readonly url: string | undefined;
    /** Ask the responders named in the certificates too. */
    readonly aia: boolean;
    readonly nonce: boolean;
    /** A check that was tried and stayed without a verdict refuses the peer. */
    readonly require: boolean;
    readonly flags: readonly OcspFlag[];
    readonly timeoutMs: number;
  };
}

/** TLS session resumption. */
export interface SessionConfig {
  readonly resume: boolean;
  /** Entries kept; 0 means no bound of the user's, which is still bounded by us. */
  readonly cacheSize: number;
  /** Life of a session, in milliseconds. */
  readonly lifetimeMs: number;
  /** File of secrets behind tickets, which may change while the service runs; undefined: none. */
  readonly ticketFile: string | undefined;
  /** Secret: keys for tickets given by the user, 16 or 32 bytes each (server mode); undefined: random keys of our own. */
  readonly ticketKeys: { readonly secret: Uint8Array; readonly mac: Uint8Array } | undefined;
}

export interface PskConfig {
  /** File of `identity:key` lines. */
  readonly secretsFile: string;
  /** Client mode: the identity to use; undefined: the first one of the file. */
  readonly identity: string | undefined;
}
