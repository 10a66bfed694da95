/**
 * The TLS handshake and its verdict. Both functions end in one of two ways: a TLS leg whose peer was accepted, or an error; not a
 * byte of the application crosses in either direction before that.
 */

import type { X509Certificate } from 'node:crypto';
import { addressText } from '../../address/dial-address.ts';
import { ipVersion } from '../../address/ip.ts';
import { OvercoatError } from '../../errors.ts';
import type { FailureCause } from '../../failure-cause.ts';
import type { Leg, LegName } from '../../sockets/leg.ts';
import type { Wait } from '../../sockets/waiter.ts';
import { printable } from '../../text/printable.ts';
import type { HandshakeOrder, HostChoice, TlsLeg } from '../../tls/engine/engine.ts';
import { CHALLENGE_PROTOCOL } from '../../tls/engine/engine.ts';
import { alertOf, CHOSEN_ALERTS } from '../../tls/verdict/alert.ts';
import { alertBehind, describeTlsFailure } from '../../tls/verdict/failure.ts';
import type { HandshakeContext } from '../../tls/verdict/handshake-cause.ts';
import { handshakeCause } from '../../tls/verdict/handshake-cause.ts';
import type { PeerFacts, Verdict } from '../../tls/verdict/verify.ts';
import type { Life } from '../life/life.ts';
import { withStepErrors } from '../life/step-errors.ts';
import type { Accepted, Dialled, Named, SecuredClient, Service } from '../record.ts';
import { challengeOf, mayBeChallenged } from './challenge.ts';
import { chooseVirtualHost } from './virtual-host.ts';

/** A leg whose next byte is TLS. */
interface Side {
  readonly name: LegName;
  readonly call: 'SSL_connect' | 'SSL_accept';
  readonly leg: Leg;
}

/** Who is wanted at its other end; of a client nothing is known. */
type Wanted = Pick<HandshakeOrder, 'serverName' | 'address' | 'destination' | 'alpn' | 'choose'>;

const ANYBODY: Wanted = { serverName: undefined, address: undefined, destination: '', alpn: [] };

/**
 * Client mode: we are the TLS client of the dialled upstream, and nothing that it said in clear is left unread.
 * @throws OvercoatError `handshake_failed`, `handshake_timeout`, `handshake_verification`
 */
export async function secureUpstream({ leg, address }: Dialled, { serverName }: Named, service: Service, life: Life): Promise<TlsLeg> {
  const host = address.kind === 'tcp' ? address.host : undefined;
  const wanted: Wanted = { serverName, address: host, destination: addressText(address), alpn: service.tls.alpn };
  life.enter('handshake');
  life.emit(isSent(serverName) ? { kind: 'sni-sent', name: serverName } : { kind: 'sni-disabled' });
  announce(service, life);
  const secured = await secure({ name: 'upstream', call: 'SSL_connect', leg }, wanted, service, () => service, life);
  life.upstreamHasAnswered();
  return secured.leg;
}

/**
 * Server mode: the accepted client is a TLS client, and of the virtual services it gets the one it asks for. One that fails certificate
 * authentication is not admitted, which is an error unless the service has a place for it (`redirect`).
 * @param letIn may the client use a virtual service? Within the handshake's time; throws where not
 * @throws OvercoatError `handshake_failed`, `handshake_timeout`, `setup_timeout`, `handshake_verification`, `access_refused`
 */
export async function secureClient(
  { leg }: Accepted,
  primary: Service,
  life: Life,
  letIn: (service: Service) => Promise<void>,
): Promise<SecuredClient> {
  let service = primary;
  const refuse = (alert: keyof typeof CHOSEN_ALERTS, because: Error): HostChoice => {
    life.emit({ kind: 'alert', direction: 'sent', peer: 'client', ...alertOf(CHOSEN_ALERTS[alert]) });
    return { refuse: alert, because };
  };
  const several = primary.virtualHosts.length > 0;
  let challenged = false;
  const choose = async (name: string | undefined, protocol: string | undefined): Promise<HostChoice> => {
    const challenge = protocol === CHALLENGE_PROTOCOL ? challengeOf(name, primary) : undefined;
    if (challenge !== undefined) {
      challenged = true;
      return challenge;
    }
    if (!several) return primary.tls.endpoint;
    try {
      service = chooseVirtualHost(name, primary, life);
    } catch (cause) {
      return refuse('unrecognized_name', cause as Error);
    }
    try {
      if (service !== primary) await letIn(service);
    } catch (cause) {
      return refuse('access_denied', cause as Error);
    }
    announce(service, life);
    return service.tls.endpoint;
  };
  life.enter('handshake');
  if (!several) announce(primary, life);
  const wanted: Wanted = several || mayBeChallenged(primary) ? { ...ANYBODY, choose } : ANYBODY;
  const secured = await secure(
    { name: 'client', call: 'SSL_accept', leg },
    wanted,
    primary,
    () => service,
    life,
    () => challenged,
  );
  if (challenged) return { ...secured, service, challenged };
  // A client that offers other protocols got an alert; one that offers none must not be taken for one of ours (ALPACA).
  if (service.config.tls.alpn.length > 0 && secured.leg.alpn === undefined) {
    throw new OvercoatError('handshake_failed', 'SSL_accept: no application protocol');
  }
  if (!secured.admitted) life.emit({ kind: 'redirected' });
  return { ...secured, service, challenged };
}

const UNJUDGED: Verdict = { accepted: true, how: 'not verified', events: [] };

function announce({ config }: Service, life: Life): void {
  life.emit({ kind: 'peer-certificate', required: config.verify.require });
}

/**
 * @param first whose endpoint begins; @param current who serves by the time the peer is judged
 * @param unjudged it is nobody who is let in: whoever checks a name of ours, and is shown out again
 * @returns not admitted only where the service has a place for peers it refuses
 */
async function secure(
  { name, call, leg }: Side,
  wanted: Wanted,
  first: Service,
  current: () => Service,
  life: Life,
  unjudged: () => boolean = () => false,
): Promise<{ readonly leg: TlsLeg; readonly admitted: boolean }> {
  let secured: TlsLeg | undefined;
  let over = false;
  const took = (tls: TlsLeg): void => {
    secured = tls;
    tls.onFailed((cause) => {
      if (!over) return; // it is the failure of the handshake
      reportAlert(cause, name, life);
      if (name !== 'upstream' || life.clientServed || !refusesUs(cause)) reportBroken(cause, life);
      else {
        const { text } = describeTlsFailure(cause);
        life.close(new OvercoatError('handshake_failed', `SSL_read: ${text}`, cause, handshakeCause(cause, about())));
      }
    });
    life.own(name, tls);
  };
  const order: HandshakeOrder = {
    ...wanted,
    judge: (peer: PeerFacts) => (unjudged() ? UNJUDGED : current().tls.verifier.verify(peer)),
    admitsRefused: () => current().redirect !== undefined,
  };
  const about = (): HandshakeContext => {
    const { serverName: named = '' } = wanted;
    const opening = secured?.opening;
    const { tls, psk } = current().config;
    const sni = isSent(named) ? named : '';
    return { side: name, opening, sni, named, certificate: tls.cert !== undefined, psk: psk !== undefined };
  };
  const limitMs = first.config.limits.busyMs;
  const expired = (): OvercoatError => {
    const said = secured?.opening !== undefined;
    const because: FailureCause = { kind: 'limit', limit: 'TIMEOUTbusy', ms: limitMs, side: name, said };
    return new OvercoatError('handshake_timeout', `${call}: TIMEOUTbusy exceeded`, undefined, because);
  };
  const begunAt = performance.now();
  const wait: Wait = { on: name, limitMs, expired };
  const judged = life.wait<Verdict>(wait, (done, fail) => first.tls.endpoint.handshake(leg, order, { took, done, fail }));
  const verdict = await withStepErrors(judged, life, (cause) => {
    reportAlert(cause, name, life);
    const { code, text, queue } = describeTlsFailure(cause);
    for (const line of queue) life.emit({ kind: 'tls-error-queued', text: line });
    return new OvercoatError(code, `${call}: ${text}`, cause, handshakeCause(cause, about()));
  });
  over = true;
  for (const event of verdict.events) life.emit(event);
  if (secured === undefined) throw new OvercoatError('internal', 'a verdict about no peer');
  if (!verdict.accepted && current().redirect === undefined) {
    throw new OvercoatError('handshake_verification', `${call}: ${verdict.message}`, undefined, verdict.because);
  }
  const verified = verdict.accepted ? verdict.how : 'not admitted';
  const found: TlsLeg = secured;
  if (life.wants('handshake-finished')) {
    const ms = performance.now() - begunAt;
    life.emit({ kind: 'handshake-finished', facts: found.facts(), requested: found.serverName ?? '', verified, ms });
  }
  if (life.wants('certificate-shown')) reportCertificate(found, life);
  return { leg: found, admitted: verdict.accepted };
}

/** By certificate: that of a server whose session is resumed is the same object for all its connections. */
const shown = new WeakMap<X509Certificate, ReturnType<typeof certificateShown>>();

function reportCertificate({ certificate }: TlsLeg, life: Life): void {
  if (certificate !== undefined) life.emit(shown.getOrInsertComputed(certificate, certificateShown));
}

function certificateShown({ subject, issuer, fingerprint256, validToDate }: X509Certificate) {
  return {
    kind: 'certificate-shown' as const,
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    sha256: fingerprint256.replaceAll(':', '').toLowerCase(),
    expires: validToDate.getTime(),
  };
}

/** The runtime puts each part of a name on a line of its own. */
function oneLine(name: string | undefined): string {
  return printable((name ?? '').replaceAll('\n', ', '));
}

/** What the peer holds against us, or against our certificate: with TLS 1.3 a server may say so when our side is in the relay already. */
function reportAlert(cause: unknown, peer: LegName, life: Life): void {
  const alert = cause instanceof Error ? alertBehind(cause) : undefined;
  if (alert !== undefined && !life.ended) life.emit({ kind: 'alert', direction: 'received', peer, ...alert });
}

/** In the relay a failure of TLS is a reset and the error of no step: what the library says of it is told here. The system's own say enough. */
function reportBroken(cause: NodeJS.ErrnoException, life: Life): void {
  if (cause.errno !== undefined || life.ended) return;
  const { text, queue } = describeTlsFailure(cause);
  life.emit({ kind: 'tls-broken', text });
  for (const line of queue) life.emit({ kind: 'tls-error-queued', text: line });
}

/**
 * With TLS 1.3 a server judges our certificate when our side of the handshake is over: its refusal comes in the relay, and is the
 * failure of the handshake all the same.
 */
function refusesUs(cause: Error): boolean {
  const alert = alertBehind(cause);
  return alert !== undefined && REFUSALS.has(alert.number);
}

/** handshake_failure, all about certificates, unknown_ca, access_denied, decrypt_error, insufficient_security, certificate_required. */
const REFUSALS: ReadonlySet<number> = new Set([40, 42, 43, 44, 45, 46, 48, 49, 51, 71, 116]);

/** An IP address is never sent (RFC 6066 section 3). */
function isSent(serverName: string | undefined): serverName is string {
  return serverName !== undefined && serverName !== '' && ipVersion(serverName) === 0;
}
