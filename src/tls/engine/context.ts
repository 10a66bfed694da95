/**
 * From a service's configuration to the library's contexts. The only place that builds them: who the peer is, is decided by our own
 * verdict (verify.ts), never by a default or by the environment.
 */
import { X509Certificate } from 'node:crypto';
import type { ServiceConfig } from '../../config/config.ts';
import type { TlsConfig, TlsVersion } from '../../config/tls-config.ts';
import { OvercoatError } from '../../errors.ts';
import { Context } from '../../openssl/context/context.ts';
import type { ContextOptions, Role } from '../../openssl/context/context-options.ts';
import { ContextError } from '../../openssl/context/context-options.ts';
import { OpensslError } from '../../openssl/library/errors.ts';
import { OP } from '../../openssl/library/library.ts';
import { Identity } from '../../openssl/material/identity.ts';
import { Store } from '../../openssl/material/store.ts';
import type { TicketKeys } from '../../openssl/sessions/ticket.ts';
import { weakCertificate } from '../certificate/weak-certificate.ts';
import type { KeyLog } from '../material/key-log.ts';
import type { KeyMaterial } from '../material/key-material.ts';
import { MaterialError } from '../material/material-file.ts';
import type { PskKeys } from '../material/psk.ts';
import type { TrustStore } from '../material/trust-store.ts';
import { shownUri, uriError } from '../material/uri-material.ts';
import { groupsFor } from './groups.ts';
import type { SessionKeeper } from './server-session-cache.ts';
import { cacheLimit } from './server-session-cache.ts';

/** What was loaded for a service. */
export interface Contents {
  readonly material: KeyMaterial | undefined;
  readonly trust: TrustStore;
  readonly psk: PskKeys | undefined;
  /** Server mode: of `ticketKeyFile`. */
  readonly ticketSecrets?: readonly Uint8Array[] | undefined;
  /** Server mode: what DHE suites use, PEM or `auto`. */
  readonly dhParameters: string;
  /** Everything that decides trust, as one text: sessions are bound to it. */
  readonly fingerprint: string;
  readonly keyLog: KeyLog | undefined;
}

/**
 * @throws OvercoatError `config_invalid_value` in stunnel's words where it has some, `config_key_material` for a key the
 *   security level refuses
 */
export function clientContext(service: ServiceConfig, contents: Contents): Context {
  const { psk } = contents;
  const key = psk?.byIdentity.get(psk.identity);
  return makeContext(service, contents, {
    ...commonOptions(service, contents),
    requestStaple: service.verify.chain,
    foreseeStaple: service.revocation.ocsp.url !== undefined || service.revocation.ocsp.aia,
    sessions: { resume: service.sessions.resume, lifetimeSeconds: lifetimeOf(service) },
    ...(psk === undefined || key === undefined ? {} : { psk: { identity: psk.identity, key } }),
  });
}

/** What a server asks for while it serves. */
export interface Served {
  readonly tickets: () => TicketKeys;
  /** Where sessions are kept together with other processes. */
  readonly shelf: SessionKeeper | undefined;
  /** DER. */
  readonly staple: (() => Uint8Array | undefined) | undefined;
}

/** @throws as `clientContext` */
export function serverContext(service: ServiceConfig, contents: Contents, { tickets, shelf, staple }: Served): Context {
  const { verify, sessions, redirect } = service;
  const { psk, trust, dhParameters } = contents;
  const lifetimeSeconds = lifetimeOf(service);
  return makeContext(service, contents, {
    ...commonOptions(service, contents),
    // a client that has a place to go without one is not turned away for it
    verify: verify.require && redirect.length === 0 ? 'require' : verify.request ? 'request' : 'none',
    clientAuthorities: verify.request ? trust.pem : [],
    dh: dhParameters,
    sessions: {
      resume: sessions.resume && sessions.lifetimeMs > 0,
      lifetimeSeconds,
      cacheSize: cacheLimit(sessions),
      shelf,
      named: service.connect.length > 1,
      tickets,
    },
    staple,
    ...(psk === undefined ? {} : { psk: { keyOf: (identity: string) => psk.byIdentity.get(identity) } }),
  });
}

function lifetimeOf({ sessions }: ServiceConfig): number {
  return Math.max(1, Math.round(sessions.lifetimeMs / 1000));
}

function commonOptions(service: ServiceConfig, contents: Contents): ContextOptions {
  const { tls, mode } = service;
  if (VERSIONS.indexOf(tls.minVersion) > VERSIONS.indexOf(tls.maxVersion)) {
    throw new OvercoatError('config_invalid_value', `Invalid protocol version range: ${tls.minVersion} is above ${tls.maxVersion}`);
  }
  if (tls.securityLevel < 0 || tls.securityLevel > MAX_SECURITY_LEVEL) {
    throw new OvercoatError('config_invalid_value', `Illegal security level: securityLevel = ${tls.securityLevel}`);
  }
  return {
    role: mode,
    minVersion: tls.minVersion,
    maxVersion: tls.maxVersion,
    securityLevel: tls.securityLevel,
    ciphers: tls.ciphers === '' ? undefined : tls.ciphers,
    ciphersuites: tls.ciphersuites,
    groups: groupsFor(tls.curves, tls.securityLevel),
    options: optionBits(service),
    commands: tls.commands,
    alpn: tls.alpn,
    keyLog: contents.keyLog,
    ...sessionContext(service, contents),
  };
}

/**
 * OpenSSL itself then refuses a session of another service, or of this one before a change (at most 32 bytes,
 * SSL_CTX_set_session_id_context(3)). A client with a pre-shared key goes without: in TLS 1.3 the key is a session, and has no context.
 */
function sessionContext({ mode }: ServiceConfig, { psk, fingerprint }: Contents): Pick<ContextOptions, 'sessionIdContext'> {
  return mode === 'client' && psk !== undefined ? {} : { sessionIdContext: Buffer.from(fingerprint.slice(0, 32)) };
}

const VERSIONS: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const MAX_SECURITY_LEVEL = 5;

/** A renegotiation that the client asks for is off unless both options ask for it: a peer could renegotiate for ever. */
function optionBits({ tls, mode }: ServiceConfig): NonNullable<ContextOptions['options']> {
  const bits = BigInt(tls.secureOptions) | (tls.honorCipherOrder ? OP.CIPHER_SERVER_PREFERENCE : 0n);
  const allowed = tls.renegotiation && (mode === 'client' || (bits & OP.ALLOW_CLIENT_RENEGOTIATION) !== 0n);
  return { set: bits, clear: BigInt(tls.clearedOptions) | (allowed ? OP.NO_RENEGOTIATION & ~bits : 0n) };
}

/** What OpenSSL does not like becomes an error that names the option. */
function makeContext(service: ServiceConfig, contents: Contents, options: ContextOptions): Context {
  const { material, trust } = contents;
  try {
    const identity = material === undefined ? undefined : identityOf(material);
    const store = new Store({ anchors: trust.pem, strict: service.verify.chain && service.verify.profile === 'strict' });
    try {
      return new Context({ ...options, store, identities: identity === undefined ? [] : [identity] });
    } finally {
      store.free(); // the context has references of its own
      identity?.free();
    }
  } catch (error) {
    throw error instanceof OpensslError ? contextError(service, material, error) : error;
  }
}

function identityOf(material: KeyMaterial): Identity {
  if (material.kind === 'store') return fromStore(material);
  return material.kind === 'pem' ? Identity.fromPem(material.chain, material.key) : Identity.fromPkcs12(material.pfx, material.passphrase);
}

/** @throws OvercoatError `config_key_material` */
function fromStore({ chain, uri }: Extract<KeyMaterial, { readonly kind: 'store' }>): Identity {
  try {
    return Identity.fromStore(chain, uri);
  } catch (error) {
    throw uriError('key', uri, 'the private key cannot be used', error);
  }
}

/** Which option OpenSSL did not like, in words. */
function contextError(service: ServiceConfig, material: KeyMaterial | undefined, error: OpensslError): OvercoatError {
  const { tls } = service;
  const invalid = (text: string): OvercoatError => new OvercoatError('config_invalid_value', text, error);
  switch (error instanceof ContextError ? error.about : 'identities') {
    case 'ciphers':
    case 'ciphersuites':
      return error.has('invalid command')
        ? invalid(`Illegal security level or cipher command: securityLevel = ${tls.securityLevel}, ciphers = ${tls.ciphers}`)
        : invalid(`No cipher of ciphers = ${tls.ciphers} and ciphersuites = ${tls.ciphersuites} can be used: no cipher match`);
    case 'groups':
      return invalid(`Invalid groups list in 'curves': ${tls.curves}`);
    case 'minVersion':
    case 'maxVersion':
      return invalid(`Invalid protocol version: ${error.message}`);
    case 'identities':
      return keyError(tls, material, error);
    default:
      return invalid(error.message);
  }
}

/** What is left concerns the certificate, such as `ee key too small`. */
function keyError({ cert, securityLevel }: TlsConfig, material: KeyMaterial | undefined, error: OpensslError): OvercoatError {
  const reason = error.queue[0]?.reason ?? error.message;
  const weakness = weakCertificate(reason, material?.kind === 'pkcs12' ? undefined : material?.leaf, securityLevel);
  return new MaterialError('cert', shownUri(cert ?? ''), weakness ?? { problem: reason }, error);
}

/** Opens a PKCS#12 container for trial. @returns the certificate that belongs to its key. @throws OpensslError */
export function openPkcs12(pfx: Buffer, passphrase: string): X509Certificate | undefined {
  const identity = Identity.fromPkcs12(pfx, passphrase);
  const leaf = new X509Certificate(identity.certificate.der);
  identity.free();
  return leaf;
}

/** Lists of algorithms as OpenSSL judges them. */
export type Algorithms = Pick<ContextOptions, 'ciphers' | 'groups' | 'dh'>;

/** The reasons of OpenSSL's refusal of what these lists name; undefined where it takes them. */
export function refusalOfAlgorithms(lists: Algorithms, role: Role = 'client', securityLevel?: number): readonly string[] | undefined {
  try {
    new Context({ ...lists, role, securityLevel }).free();
    return undefined;
  } catch (error) {
    if (!(error instanceof OpensslError)) throw error;
    return error.queue.map(({ reason }) => reason);
  }
}
