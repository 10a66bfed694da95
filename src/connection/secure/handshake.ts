/**
 * The TLS handshake and its verdict. Both functions end in one of two ways: a TLS leg whose peer was accepted, or an error; not a
 * byte of the application crosses in either direction before that.
 */
import { isIP } from 'node:net';
import { addressText } from '../../address/dial-address.ts';
import { OvercoatError } from '../../errors.ts';
import type { Leg, LegName } from '../../sockets/leg.ts';
import type { Wait } from '../../sockets/waiter.ts';
import type { TlsLeg } from '../../tls/engine/engine.ts';
import { alertBehind, describeTlsFailure } from '../../tls/verdict/failure.ts';
import type { Peer, Verdict } from '../../tls/verdict/verify.ts';
import type { Life } from '../life/life.ts';
import { stage } from '../life/stage.ts';
import type { Accepted, Dialled, Named, SecuredClient, Service } from '../record.ts';

/** A leg whose next byte is TLS, and who is wanted at its other end. */
interface Side {
  readonly name: LegName;
  readonly call: 'SSL_connect' | 'SSL_accept';
  readonly leg: Leg;
  readonly serverName: string | undefined;
  /** The address that was dialled. */
  readonly address: string | undefined;
  readonly destination: string;
}

/**
 * Client mode: we are the TLS client of the dialled upstream, and nothing that it said in clear is left unread.
 * @throws OvercoatError `handshake_failed`, `handshake_timeout`, `handshake_verification`
 */
export async function secureUpstream({ leg, address }: Dialled, { serverName }: Named, service: Service, life: Life): Promise<TlsLeg> {
  const host = address.kind === 'tcp' ? address.host : undefined;
  const side: Side = { name: 'upstream', call: 'SSL_connect', leg, serverName, address: host, destination: addressText(address) };
  const secured = await secure(side, service, life);
  life.upstreamHasAnswered();
  return secured.leg;
}

/**
 * Server mode: the accepted client is a TLS client. One that fails certificate authentication is not admitted, which is an error
 * unless the service has a place for it (`redirect`).
 * @throws OvercoatError `handshake_failed`, `handshake_timeout`, `setup_timeout`, `handshake_verification`
 */
export async function secureClient({ leg }: Accepted, service: Service, life: Life): Promise<SecuredClient> {
  const side: Side = { name: 'client', call: 'SSL_accept', leg, serverName: undefined, address: undefined, destination: '' };
  const secured = await secure(side, service, life);
  // A client that offers other protocols got an alert; one that offers none must not be taken for one of ours (ALPACA).
  if (service.config.tls.alpn.length > 0 && secured.leg.alpn === undefined) {
    throw new OvercoatError('handshake_failed', 'SSL_accept: no application protocol');
  }
  if (!secured.admitted) life.emit({ kind: 'redirected' });
  return secured;
}

/** @returns not admitted only where the service has a place for peers it refuses */
async function secure(side: Side, service: Service, life: Life): Promise<SecuredClient> {
  const { name, call, leg, serverName, address, destination } = side;
  const { endpoint, verifier, alpn } = service.tls;
  life.enter('handshake');
  if (name === 'upstream') life.emit(isSent(serverName) ? { kind: 'sni-sent', name: serverName } : { kind: 'sni-disabled' });
  life.emit({ kind: 'peer-certificate', required: service.config.verify.require });
  let secured: TlsLeg | undefined;
  let over = false;
  const took = (tls: TlsLeg): void => {
    secured = tls;
    tls.onFailed((cause) => {
      if (over) reportAlert(cause, name, life); // before that it is the failure of the handshake
    });
    life.own(name, tls);
  };
  const order = { serverName, destination, alpn, judge: (peer: Peer) => verifier.verify({ ...peer, serverName, address }) };
  const expired = (): OvercoatError => new OvercoatError('handshake_timeout', `${call}: TIMEOUTbusy exceeded`);
  const wait: Wait = { on: name, limitMs: service.config.limits.busyMs, expired };
  const judged = life.wait<Verdict>(wait, (done, fail) => endpoint.handshake(leg, order, { took, done, fail }));
  const verdict = await stage(judged, life, (cause) => {
    reportAlert(cause, name, life);
    const { code, text } = describeTlsFailure(cause);
    return new OvercoatError(code, `${call}: ${text}`, cause);
  });
  over = true;
  for (const event of verdict.events) life.emit(event);
  if (secured === undefined) throw new OvercoatError('internal', 'a verdict about no peer');
  if (!verdict.accepted && service.redirect === undefined) {
    throw new OvercoatError('handshake_verification', `${call}: ${verdict.message}`);
  }
  const verified = verdict.accepted ? verdict.how : 'not admitted';
  const found: TlsLeg = secured;
  if (life.wants('handshake-finished')) life.emit({ kind: 'handshake-finished', facts: found.facts(), verified });
  return { leg: found, admitted: verdict.accepted };
}

/** What the peer holds against us, or against our certificate: with TLS 1.3 a server may say so when our side is in the relay already. */
function reportAlert(cause: unknown, peer: LegName, life: Life): void {
  const alert = cause instanceof Error ? alertBehind(cause) : undefined;
  if (alert !== undefined && !life.ended) life.emit({ kind: 'alert', direction: 'received', peer, ...alert });
}

/** An IP address is never sent (RFC 6066 section 3). */
function isSent(serverName: string | undefined): serverName is string {
  return serverName !== undefined && isIP(serverName) === 0;
}
