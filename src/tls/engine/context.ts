/**
 * From a service's configuration to what Node's TLS takes. The only place that builds contexts and the only one that says
 * `rejectUnauthorized: false`: verification is our own (verify.ts), because Node finishes the handshake before anybody can look,
 * and never depends on a default or on the environment.
 */
import { X509Certificate } from 'node:crypto';
import type { ConnectionOptions, SecureContextOptions, Server, TlsOptions } from 'node:tls';
import { createServer as createNodeServer, createSecureContext } from 'node:tls';
import type { ServiceConfig, TlsConfig, TlsVersion } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import { weakCertificate } from '../certificate/weak-certificate.ts';
import { asOneWord } from '../cipher-list.ts';
import { approvedGroups } from '../material/fips.ts';
import type { KeyMaterial } from '../material/key-material.ts';
import type { PskKeys } from '../material/psk.ts';
import type { TrustStore } from '../material/trust-store.ts';
import { classicalShareOnly, KeyShares } from './key-shares.ts';
import { pskOfClient, pskOfServer } from './psk-callbacks.ts';

/** Longer than any wait of ours: Node's own limit would leave the socket open (it only emits an event), so ours must come first. */
const HANDSHAKE_NEVER_MS = 2 ** 31 - 1;

/** What was loaded for a service. */
export interface Contents {
  readonly material: KeyMaterial | undefined;
  readonly trust: TrustStore;
  readonly psk: PskKeys | undefined;
  /** Server mode: what DHE suites use (tls/engine/dh-parameters.ts). */
  readonly dhParameters: string;
  /** Everything that decides trust, as one text: sessions are bound to it. */
  readonly fingerprint: string;
}

/**
 * Everything a dial merges into `tls.connect`; address, name and session come with the dial. The context in it is shared by all
 * connections of the service.
 * @throws OvercoatError `config_invalid_value` in stunnel's words where it has some, `config_key_material` for a key the
 *   security level refuses
 */
export function connectOptions(service: ServiceConfig, contents: Contents, keyShares: KeyShares): ConnectionOptions {
  return {
    secureContext: keyShares.both,
    rejectUnauthorized: false,
    requestOCSP: service.verify.chain,
    // names are verified by verify.ts, on the DER; Node's own check also takes the common name
    checkServerIdentity: () => undefined,
    ...(contents.psk === undefined ? {} : { pskCallback: pskOfClient(contents.psk) }),
    ...alpnOptions(service.tls),
  };
}

/** The contexts of a service's dials, one for each choice of key shares. @throws as `connectOptions` */
export function clientKeyShares(service: ServiceConfig, contents: Contents): KeyShares {
  const contextWith = (tls: TlsConfig) =>
    naming(service, contents, () => createSecureContext(contextOptions({ ...service, tls }, contents)));
  const classical = classicalShareOnly(service.tls.curves);
  const makeClassical = classical === undefined ? undefined : () => contextWith({ ...service.tls, curves: classical });
  return new KeyShares(contextWith(service.tls), makeClassical);
}

/** A server that never listens: sockets are handed to it. @throws as `connectOptions` */
export function createServer(service: ServiceConfig, contents: Contents): Server {
  const options: TlsOptions = {
    ...contextOptions(service, contents),
    requestCert: service.verify.request,
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_NEVER_MS,
    pauseOnConnect: true,
    allowHalfOpen: true,
    dhparam: contents.dhParameters,
    ...(contents.psk === undefined ? {} : { pskCallback: pskOfServer(contents.psk) }),
    ...alpnOptions(service.tls),
  };
  return naming(service, contents, () => createNodeServer(options));
}

function alpnOptions({ alpn }: TlsConfig): { ALPNProtocols?: string[] } {
  return alpn.length > 0 ? { ALPNProtocols: [...alpn] } : {};
}

/** Opens a PKCS#12 container for trial; throws OpenSSL's error. @returns the certificate that belongs to its key */
export function openPkcs12(pfx: Buffer, passphrase: string): X509Certificate | undefined {
  const { context } = createSecureContext({ pfx, passphrase, ca: [], ciphers: 'DEFAULT:@SECLEVEL=0' });
  // The runtime has the call, the type package does not know it.
  const own = (context as { getCertificate?(): Buffer | null }).getCertificate?.();
  return own === null || own === undefined ? undefined : new X509Certificate(own);
}

function contextOptions(service: ServiceConfig, contents: Contents): SecureContextOptions {
  const { material, trust } = contents;
  const { tls } = service;
  if (VERSIONS.indexOf(tls.minVersion) > VERSIONS.indexOf(tls.maxVersion)) {
    throw new OvercoatError('config_invalid_value', `Invalid protocol version range: ${tls.minVersion} is above ${tls.maxVersion}`);
  }
  return {
    minVersion: tls.minVersion,
    maxVersion: tls.maxVersion,
    ciphers: cipherString(tls),
    ecdhCurve: approvedGroups(tls.curves),
    ...(tls.signatureAlgorithms === undefined ? {} : { sigalgs: tls.signatureAlgorithms }),
    secureOptions: optionBits(service),
    honorCipherOrder: tls.honorCipherOrder,
    // an empty list and not undefined, which would mean Node's built-in one
    ca: [...trust.pem],
    ...sessionContext(service, contents),
    sessionTimeout: Math.max(1, Math.round(service.sessions.lifetimeMs / 1000)),
    ...keyOptions(material),
  };
}

/**
 * OpenSSL itself then refuses a session of another service, or of this one before a change (at most 32 bytes,
 * SSL_CTX_set_session_id_context(3)). A client with a pre-shared key goes without: in TLS 1.3 the key is a session, and has no context.
 */
function sessionContext({ mode }: ServiceConfig, { psk, fingerprint }: Contents): SecureContextOptions {
  return mode === 'client' && psk !== undefined ? {} : { sessionIdContext: fingerprint.slice(0, 32) };
}

const VERSIONS: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** Both lists and the level as one string. The level comes last: it is the effective one, whatever the list says on the way. */
function cipherString(tls: TlsConfig): string {
  return [tls.ciphersuites, tls.ciphers === '' ? 'DEFAULT' : asOneWord(tls.ciphers), `@SECLEVEL=${tls.securityLevel}`]
    .filter((part) => part !== '')
    .join(':');
}

/**
 * A server that must not resume sends no tickets. OpenSSL 3 refuses a renegotiation the client asks for, but Node allows it, and a peer
 * could then renegotiate for ever: so it is off here too unless both options ask for it.
 */
function optionBits(service: ServiceConfig): number {
  const bits = BigInt(service.tls.secureOptions);
  const allowed = service.tls.renegotiation && (service.mode === 'client' || (bits & ALLOW_CLIENT_RENEGOTIATION) !== 0n);
  const tickets = service.mode === 'client' || service.sessions.resume;
  return Number(bits | (allowed ? 0n : NO_RENEGOTIATION) | (tickets ? 0n : NO_TICKET));
}

/** SSL_OP_ bits of `openssl/ssl.h`. */
const ALLOW_CLIENT_RENEGOTIATION = 1n << 8n;
const NO_TICKET = 1n << 14n;
const NO_RENEGOTIATION = 1n << 30n;

function keyOptions(material: KeyMaterial | undefined): SecureContextOptions {
  if (material === undefined) return {};
  return material.kind === 'pem'
    ? { cert: material.certificate, key: material.key }
    : { pfx: material.pfx, passphrase: material.passphrase };
}

/** Runs `make`; what OpenSSL does not like becomes an error that names the option. */
function naming<T>(service: ServiceConfig, { material }: Contents, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw contextError(service, material, error);
  }
}

/** Which option OpenSSL did not like, in words. */
function contextError(service: ServiceConfig, material: KeyMaterial | undefined, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof OvercoatError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  const invalid = (text: string): OvercoatError => new OvercoatError('config_invalid_value', text, error);
  switch (code) {
    case 'ERR_SSL_NO_CIPHER_MATCH':
      return invalid(
        `No cipher of ciphers = ${service.tls.ciphers} and ciphersuites = ${service.tls.ciphersuites} can be used: no cipher match`,
      );
    case 'ERR_CRYPTO_OPERATION_FAILED':
      return invalid(`Invalid groups list in 'curves': ${service.tls.curves}`);
    case 'ERR_TLS_INVALID_PROTOCOL_VERSION':
      return invalid(`Invalid protocol version: ${error.message}`);
    case 'ERR_SSL_INVALID_COMMAND':
      return invalid(
        `Illegal security level or cipher command: securityLevel = ${service.tls.securityLevel}, ciphers = ${service.tls.ciphers}`,
      );
    case undefined:
      return invalid(`Invalid signature algorithms: ${service.tls.signatureAlgorithms ?? ''}`);
    default:
      return keyError(service.tls, material, error);
  }
}

/** What is left concerns the certificate, such as `ee key too small`. */
function keyError({ cert, securityLevel }: TlsConfig, material: KeyMaterial | undefined, error: Error): OvercoatError {
  const reason = (error as Error & { reason?: string }).reason ?? error.message;
  const problem = weakCertificate(reason, material?.kind === 'pem' ? material.leaf : undefined, securityLevel) ?? reason;
  return new OvercoatError('config_key_material', `cert = ${cert ?? ''}: ${problem}`, error);
}

/** Lists of algorithms as OpenSSL judges them. */
export interface Algorithms {
  readonly ciphers?: string;
  readonly ecdhCurve?: string;
  readonly sigalgs?: string;
}

/** The code of OpenSSL's refusal (`''` where it has none) of what these lists name; undefined where it takes them. */
export function refusalOfAlgorithms(lists: Algorithms): string | undefined {
  try {
    createSecureContext(lists);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}
