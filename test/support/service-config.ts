/** A whole service configuration for tests of single parts: a client or server with nothing switched on, changed where the test says. */
import type { ServiceConfig, TlsConfig, TrustConfig, VerifyConfig } from '../../src/config/config.ts';

/** What tests of TLS change; everything else can be given in `service`. */
export interface Changes {
  readonly mode?: 'client' | 'server';
  readonly tls?: Partial<TlsConfig>;
  readonly trust?: Partial<TrustConfig>;
  readonly verify?: Partial<VerifyConfig>;
  readonly service?: Partial<ServiceConfig>;
}

export function serviceConfig({ mode = 'client', tls, trust, verify, service }: Changes = {}): ServiceConfig {
  return {
    name: 'svc',
    mode,
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
    names: {
      sources: [],
      mapFile: undefined,
      missing: 'send',
      pinStore: '',
      dnsAmbiguous: 'last',
      sniffMs: 0,
      clientFirstPorts: [],
      serverFirstPorts: [],
    },
    alreadyTls: 'wrap',
    rtmpRewrite: { kind: 'none' },
    tls: {
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      ciphers: 'HIGH:!aNULL:!SSLv2:!DH:!kDHEPSK',
      ciphersuites: 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256',
      curves: '*X25519MLKEM768:*X25519:P-256:X448:P-521:P-384',
      securityLevel: 2,
      secureOptions: 0,
      signatureAlgorithms: undefined,
      honorCipherOrder: true,
      renegotiation: true,
      cert: undefined,
      key: undefined,
      alpn: [],
      ...tls,
    },
    trust: { system: false, caFile: undefined, caPath: undefined, caStore: undefined, ...trust },
    verify: {
      request: verify?.chain === true || verify?.peer === true,
      require: verify?.chain === true || verify?.peer === true,
      chain: false,
      peer: false,
      checkHost: [],
      checkIp: [],
      checkEmail: [],
      serverName: false,
      pins: [],
      profile: 'openssl',
      ...verify,
    },
    revocation: {
      crlFile: undefined,
      crlPath: undefined,
      crlCheck: 'leaf',
      ocsp: { url: undefined, aia: false, nonce: false, require: true, flags: [], timeoutMs: 5000 },
    },
    sessions: { resume: true, cacheSize: 1000, lifetimeMs: 300_000, ticketKeys: undefined },
    psk: undefined,
    protocol: {
      name: undefined,
      host: undefined,
      headers: [],
      authentication: 'basic',
      domain: undefined,
      username: undefined,
      password: undefined,
    },
    proxy: { send: 'no', accept: undefined },
    targets: { refuse: 'loopback', allow: [] },
    limits: { busyMs: 300_000, closeMs: 60_000, connectMs: 10_000, idleMs: 43_200_000, setupMs: undefined },
    failover: 'prio',
    delay: false,
    local: undefined,
    reset: true,
    strictClose: false,
    libwrap: false,
    sockets: { accept: [], local: [], remote: [], localNoDelay: true, remoteNoDelay: true },
    socketOwner: { uid: undefined, gid: undefined },
    logLevel: 7,
    logId: 'sequential',
    warnings: [],
    ...service,
  };
}
