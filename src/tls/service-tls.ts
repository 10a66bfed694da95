/**
 * Everything of TLS that belongs to one service, loaded and checked once at start: its context and the verifier. Keys are read here, while the process may still be root.
 */

import type { X509Certificate } from 'node:crypto';
import type { AcmeConfig, ServiceConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import type { EventOf } from '../observe/events.ts';
import { nameText } from './certificate/name-text.ts';
import { subjectText } from './certificate/subject-text.ts';
import type { Contents } from './engine/context.ts';
import { openPkcs12 } from './engine/context.ts';
import { chooseDhParameters } from './engine/dh-parameters.ts';
import type { TlsEndpoint } from './engine/engine.ts';
import { CHALLENGE_PROTOCOL } from './engine/engine.ts';
import type { FormerTargets } from './engine/former-targets.ts';
import { createFormerTargets } from './engine/former-targets.ts';
import type { KeepSessions } from './engine/server-session-cache.ts';
import { keepSessionsHere } from './engine/server-session-cache.ts';
import { newTicketMaster } from './engine/ticket-keys.ts';
import { TlsClient } from './engine/tls-client.ts';
import { TlsServer } from './engine/tls-server.ts';
import { loadChallenges } from './material/challenges.ts';
import type { OpenKeyLog } from './material/key-log.ts';
import type { AskPassphrase, KeyMaterial } from './material/key-material.ts';
import { loadKeyMaterial } from './material/key-material.ts';
import { isThere, MaterialError, readMaterial } from './material/material-file.ts';
import { loadPskKeys } from './material/psk.ts';
import { loadTicketSecrets } from './material/ticket-secrets.ts';
import type { TrustStore } from './material/trust-store.ts';
import { EMPTY_TRUST, loadTrustStore } from './material/trust-store.ts';
import type { RevocationList } from './revocation/crl.ts';
import { loadRevocationLists } from './revocation/crl.ts';
import { createRevocationLists } from './revocation/crl-check.ts';
import { OcspCheck, stapleResponders } from './revocation/ocsp-check.ts';
import { trustFingerprint } from './trust-fingerprint.ts';
import { indexAnchors } from './verdict/chain.ts';
import { indexLocal, loadPins, pinnedCertificates } from './verdict/pin.ts';
import type { Trust, Verifier } from './verdict/verify.ts';
import { createVerifier } from './verdict/verify.ts';

export interface ServiceTls {
  readonly endpoint: TlsEndpoint;
  /** Server mode: what is shown to who checks that a name is ours (TLS-ALPN-01, RFC 8737), by that name, while one is checked. */
  readonly challenges: ReadonlyMap<string, TlsEndpoint>;
  /** Client mode: what the client itself offers, which is offered in its place where the service has no list of its own. */
  readonly alpn: readonly string[];
  readonly verifier: Verifier;
  /** The same without the check of the learnt name, for peers of which none is known and need not be. */
  readonly nameless: Verifier;
  /** Where clients that resume went before (undefined in client mode and where nothing is resumed). */
  readonly formerTargets: FormerTargets | undefined;
  /** The leaf of `cert`. */
  readonly ownCertificate: X509Certificate | undefined;
  /** Server mode: URLs of the OCSP responders that are asked for staples. */
  readonly stapleResponders: readonly string[];
  /** Its own certificate, the revocation lists it was given, and those it trusts by name: of these the ones that end first. */
  readonly expiries: readonly Expiry[];
  /** Logged at level 4. */
  readonly warnings: readonly string[];
  /** Files with secrets that others can read, which several services may share. */
  readonly exposed: readonly string[];
}

/** What several processes that serve the same have in one place. */
export interface Shared {
  /** The secret behind session tickets; without, this process's own. */
  readonly ticketMaster?: Uint8Array | undefined;
  /** Where is kept which session went where, and the sessions of clients without tickets; without, in this process. */
  readonly keepSessions?: KeepSessions | undefined;
  /** Without, nothing is opened and written: who only looks at a configuration makes no file. */
  readonly openKeyLog?: OpenKeyLog | undefined;
}

/**
 * Loads and checks everything a service needs for TLS. Synchronous: it runs at start and on reload only.
 * @throws OvercoatError `config_key_material` or `config_invalid_value`; the message names the file and the fix.
 */
export function prepareServiceTls(
  config: ServiceConfig,
  ask: AskPassphrase,
  { ticketMaster = PROCESS_MASTER, keepSessions, openKeyLog }: Shared = {},
): ServiceTls {
  const service = withSafeResumption(config);
  const material = loadMaterial(service, ask);
  const trust = loadTrust(service);
  const pins = loadPins(service.verify.pins);
  const psk = service.psk === undefined ? undefined : loadPskKeys(service.psk);
  const ticket = service.sessions.ticketFile === undefined ? undefined : loadTicketSecrets(service.sessions.ticketFile);
  const lists = loadLists(service);
  const fingerprint = trustFingerprint(service, { material, trust, pins, psk, revocationLists: (lists ?? []).map((list) => list.der) });
  const trusted: Trust = {
    anchors: indexAnchors(trust.certificates),
    local: service.verify.peer ? indexLocal(trust.certificates()) : undefined,
    pins,
    revocationLists: lists === undefined ? undefined : createRevocationLists(lists, service.tls.securityLevel === 0),
    ocsp: prepareOcsp(service, trust),
  };
  const dh = chooseDhParameters(service, material);
  const common = {
    verifier: createVerifier(service, trusted),
    nameless: createVerifier({ ...service, verify: { ...service.verify, serverName: false } }, trusted),
    alpn: [],
    ownCertificate: material?.leaf,
    stapleResponders: service.mode === 'server' ? stapleResponders(material?.leaf) : [],
    expiries: expiriesOf(service, { leaf: material?.leaf, trust, lists: lists ?? [] }),
    warnings: dh.warnings,
    exposed: [material?.exposed, psk?.exposed, ticket?.exposed].filter((file) => file !== undefined),
  };
  const keyLog = service.tls.keyLog === undefined ? undefined : openKeyLog?.(service.tls.keyLog);
  const contents = { material, trust, psk, ticketSecrets: ticket?.secrets, dhParameters: dh.parameters, fingerprint, keyLog };
  const endpoint =
    service.mode === 'client' ? new TlsClient(service, contents) : new TlsServer(service, contents, ticketMaster, keepSessions);
  const formerTargets =
    service.mode === 'server' && service.sessions.resume
      ? createFormerTargets(service.sessions, (keepSessions ?? keepSessionsHere)(`targets ${fingerprint}`, MAX_FORMER_TARGETS))
      : undefined;
  return { ...common, endpoint, challenges: challengesOf(service, contents, ticketMaster), formerTargets };
}

/** Read here, as everything that others may not be allowed to read later; whoever asks for certificates uses them. */
function readAcmeFiles({ binding, caFile }: AcmeConfig): void {
  if (binding !== undefined) readMaterial('acmeBindingFile', binding.keyFile);
  if (caFile !== undefined) readMaterial('acmeCA', caFile);
}

/** Each is a server of its own that asks for nothing, resumes nothing and speaks the one protocol of the challenge. */
function challengesOf(service: ServiceConfig, contents: Contents, ticketMaster: Uint8Array): ReadonlyMap<string, TlsEndpoint> {
  if (service.acme === undefined) return new Map();
  readAcmeFiles(service.acme);
  const shown: ServiceConfig = {
    ...service,
    redirect: [],
    verify: { ...service.verify, request: false, require: false, chain: false, peer: false, pins: [] },
    sessions: { ...service.sessions, resume: false },
    tls: { ...service.tls, alpn: [CHALLENGE_PROTOCOL] },
  };
  return new Map(
    loadChallenges(service.acme.folder).map(({ name, material }) => {
      const own = { ...contents, material, trust: EMPTY_TRUST, psk: undefined, fingerprint: `challenge ${name}`, keyLog: undefined };
      return [name, new TlsServer(shown, own, ticketMaster, undefined)];
    }),
  );
}

/** When something that peers or we depend on ends. */
type Expiry = Omit<EventOf<'expiry-known'>, 'kind'>;

/** Of the trusted ones; a directory of them may hold hundreds. */
const MOST_TRUSTED = 20;

interface Expiring {
  readonly leaf: X509Certificate | undefined;
  readonly trust: TrustStore;
  readonly lists: readonly RevocationList[];
}

function expiriesOf({ trust: named, verify }: ServiceConfig, { leaf, trust, lists }: Expiring): readonly Expiry[] {
  const own = leaf === undefined ? [] : [expiryOf('certificate', leaf)];
  // the system's own store is looked after by the system, and nobody chose what stands in it
  const authorities = named.system ? [] : trust.certificates().map((each) => expiryOf(verify.chain ? 'authority' : 'peer', each));
  const pinned = pinnedCertificates(verify.pins).map((each) => expiryOf('peer', each));
  const trusted = [...authorities, ...pinned].sort((one, other) => (one.expires ?? 0) - (other.expires ?? 0));
  return [
    ...own,
    ...trusted.slice(0, MOST_TRUSTED),
    ...lists.map(
      ({ issuer, nextUpdate }) =>
        ({ of: 'revocation-list', name: nameText(Buffer.from(issuer, 'hex')), expires: nextUpdate?.getTime() }) as const,
    ),
  ];
}

function expiryOf(of: Expiry['of'], certificate: X509Certificate): Expiry {
  return { of, name: subjectText(certificate), expires: certificate.validToDate.getTime() };
}

/**
 * A client that resumes a session begun with a pre-shared key shows neither key nor certificate, and that must not pass where one
 * of them is demanded: such a server resumes nothing.
 */
function withSafeResumption(service: ServiceConfig): ServiceConfig {
  if (service.mode === 'client' || service.psk === undefined || !service.verify.require) return service;
  return { ...service, sessions: { ...service.sessions, resume: false } };
}

/** Of one server; some hundred bytes each. */
const MAX_FORMER_TARGETS = 10_000;

const PROCESS_MASTER = newTicketMaster();

function loadMaterial(service: ServiceConfig, ask: AskPassphrase): KeyMaterial | undefined {
  const { cert, key } = service.tls;
  if (service.acme !== undefined && cert !== undefined) return isThere(cert) ? issuedMaterial(cert, key, ask, service.acme) : undefined;
  if (cert !== undefined) return loadKeyMaterial(cert, key, ask, openPkcs12);
  if (service.mode === 'client' || service.psk !== undefined) return undefined;
  throw new OvercoatError('config_key_material', 'TLS server needs a certificate; name it with `cert` (and its key with `key`)');
}

/** Until it has come handshakes fail. Its files are named by nobody but us, so the folder is to blame. */
function issuedMaterial(cert: string, key: string | undefined, ask: AskPassphrase, { store }: AcmeConfig): KeyMaterial {
  try {
    return loadKeyMaterial(cert, key, ask, openPkcs12);
  } catch (cause) {
    if (!(cause instanceof MaterialError)) throw cause;
    throw new MaterialError('acmeStore', store, { problem: `${cause.problem}; or name another folder` }, cause);
  }
}

/** A client looks at staples even where nobody is to be asked; a server only has whom it asks. */
function prepareOcsp(service: ServiceConfig, trust: TrustStore): OcspCheck | undefined {
  const { url, aia } = service.revocation.ocsp;
  const asks = url !== undefined || aia;
  if (!service.verify.chain || (service.mode === 'server' && !asks)) return undefined;
  return new OcspCheck(service, trust.certificates);
}

/**
 * As for stunnel, CRLfile or CRLpath turn the check on; lists that stand in CAfile then count too. A directory of lists that nobody is
 * held against need not be there.
 */
function loadLists({ revocation, trust, verify }: ServiceConfig): readonly RevocationList[] | undefined {
  const asked = verify.chain || verify.peer || verify.pins.length > 0;
  if (revocation.crlFile === undefined && (revocation.crlPath === undefined || !asked)) return undefined;
  return loadRevocationLists(revocation, trust.caFile);
}

/**
 * Without verification nobody is asked for trust, and a broken CAfile is no reason not to start (as in stunnel). A server that only
 * asks for a certificate (verify = 0) still sends the names of its authorities, so that clients find the right one; and revocation
 * lists beside a pin need the issuer that signed them.
 */
function loadTrust(service: ServiceConfig): TrustStore {
  const { trust, verify, revocation } = service;
  const named = trust.system || [trust.caFile, trust.caPath, trust.caStore].some((source) => source !== undefined);
  if (verify.chain || verify.peer) {
    if (named) return loadTrustStore(trust);
    throw new OvercoatError('config_key_material', 'Either "CAfile", "CApath" or "CAstore" has to be configured');
  }
  const hasLists = revocation.crlFile !== undefined || revocation.crlPath !== undefined;
  const asks = service.mode === 'server' && verify.request;
  return named && (hasLists || asks) ? loadTrustStore(trust) : EMPTY_TRUST;
}
