/**
 * Looks at what a server presents, without trusting it: TCP, the clear-text part of the protocol, a TLS handshake, and then nothing
 * more; not a byte of any application is sent. Whether the server would be accepted is asked of the same verifier that serves.
 */

import type { X509Certificate } from 'node:crypto';
import { closeSync } from 'node:fs';
import { addressText } from '../../address/dial-address.ts';
import { ipVersion } from '../../address/ip.ts';
import type { ProtocolName, ServiceConfig, TcpAddress } from '../../config/config.ts';
import { nameServers } from '../../connection/dial/name-lookup.ts';
import { resolveAddress } from '../../connection/dial/targets.ts';
import { OvercoatError } from '../../errors.ts';
import type { FailedAttempt } from '../../failure-cause.ts';
import { programLeg, socketEnds } from '../../programs/program-end.ts';
import { Dialogue } from '../../protocols/driver.ts';
import type { SpokenName } from '../../protocols/facts.ts';
import { directionFor, protocolForPort } from '../../protocols/table.ts';
import { dial } from '../../sockets/dial.ts';
import type { Leg } from '../../sockets/leg.ts';
import type { Waiter } from '../../sockets/waiter.ts';
import { legWaiter } from '../../sockets/waiter.ts';
import { describeSystemError } from '../../text/system-error.ts';
import type { TlsLeg } from '../../tls/engine/engine.ts';
import type { ServiceTls } from '../../tls/service-tls.ts';
import { describeTlsFailure } from '../../tls/verdict/failure.ts';
import { handshakeCause } from '../../tls/verdict/handshake-cause.ts';
import type { PeerFacts, Verdict } from '../../tls/verdict/verify.ts';

/** For each of the three: connecting, the clear-text part, the handshake. */
const LIMIT_MS = 10_000;

export interface Probe {
  readonly target: TcpAddress;
  readonly protocol: ProtocolName | undefined;
  /** Sent as SNI and verified; undefined where the target is an IP address. */
  readonly serverName: string | undefined;
  readonly service: ServiceConfig;
  readonly tls: ServiceTls;
}

export interface Presented {
  /** The server's own certificate first; never empty. */
  readonly chain: readonly X509Certificate[];
  readonly verdict: Verdict;
  /** `TLSv1.3` */
  readonly version: string;
  /** What was spoken before TLS. */
  readonly negotiated: SpokenName | undefined;
}

/** @throws OvercoatError `upstream_*`, `negotiation_*` or `handshake_*`, naming the target */
export async function probe(request: Probe): Promise<Presented> {
  const leg = await connectTo(request.target);
  const waiter = legWaiter(leg);
  try {
    const negotiated = await negotiate(leg, waiter, request);
    return { ...(await handshake(leg, waiter, request)), negotiated };
  } catch (cause) {
    throw cause instanceof OvercoatError ? cause : unreachable(request.target, cause);
  } finally {
    leg.end('close');
  }
}

/** The first of its addresses that answers. */
async function connectTo(target: TcpAddress): Promise<Leg> {
  const { host, port } = target;
  const names: { readonly host: string; readonly text: string }[] = [];
  const addresses = await resolveAddress({ ...target, kind: 'tcp' }, (name, text) => names.push({ host: name, text }));
  const attempts: FailedAttempt[] = [];
  let last: OvercoatError | undefined;
  for (const address of addresses) {
    if (address.kind !== 'tcp') continue;
    let leg: Leg | undefined;
    try {
      const dialling = dial({
        address: { address: address.host, port },
        local: undefined,
        source: undefined,
        settings: [],
        noDelay: true,
        tell: () => undefined,
      });
      leg = dialling.leg;
      const late = (): OvercoatError => new OvercoatError('upstream_timeout', `${host}:${port} does not answer`);
      const wait = { on: 'upstream', limitMs: LIMIT_MS, expired: late } as const;
      await legWaiter(leg).wait<void>(wait, (done) => dialling.onConnected(done));
      return leg;
    } catch (cause) {
      leg?.end('close');
      last = cause instanceof OvercoatError ? cause : unreachable(target, cause);
      const said =
        cause instanceof OvercoatError ? { call: '', text: 'no answer', errno: 0 } : { call: 'connect', ...describeSystemError(cause) };
      attempts.push({ address: addressText(address), ...said });
    }
  }
  if (last === undefined) {
    const because = { kind: 'unresolved', names, servers: nameServers() } as const;
    throw new OvercoatError('upstream_unresolved', `${host} has no address`, undefined, because);
  }
  throw new OvercoatError(last.code, last.message, last.cause, { kind: 'unreachable', attempts, triedMs: 0 });
}

function unreachable({ host, port }: TcpAddress, cause: unknown): OvercoatError {
  return new OvercoatError('upstream_refused', `${host}:${port}: ${describeSystemError(cause).text}`, cause);
}

async function negotiate(upstream: Leg, waiter: Waiter, { protocol, service, serverName, target }: Probe): Promise<SpokenName | undefined> {
  const direction = directionFor(protocol ?? 'auto', 'client', target.port);
  if (direction === undefined) return undefined;
  const name = protocol === undefined || protocol === 'auto' ? protocolForPort(target.port)?.name : protocol;
  const refuse = (): never => {
    throw new OvercoatError('negotiation_failed', 'a server behind a proxy cannot be looked at; name the server itself');
  };
  if (name === 'connect' || name === 'socks') refuse();
  const conversation = direction.converse({
    config: service.protocol,
    rules: { refuse: 'special', allow: [], isOwn: () => false },
    client: undefined,
    local: undefined,
    originalDestination: refuse,
  });
  const client = nobody(serverName ?? target.host);
  try {
    const pause = await new Dialogue(conversation, { client: client.leg, upstream, waiter, busyMs: LIMIT_MS, idleMs: 0 }).run();
    if (pause.kind !== 'start-tls') throw new OvercoatError('internal', `a negotiation was ${pause.kind} before TLS`);
  } finally {
    client.close();
  }
  return name;
}

/** A client that says no more than XMPP needs to know whom it wants, and hears nothing: the other end of its socket is nobody's. */
function nobody(domain: string): { readonly leg: Leg; close(): void } {
  const ends = socketEnds();
  const leg = programLeg(ends.ours, false);
  leg.giveBack(
    Buffer.from(`<stream:stream to='${domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`),
  );
  return {
    leg,
    close: () => {
      leg.end('close');
      closeSync(ends.theirs);
    },
  };
}

/** What the server shows is looked at inside the handshake, whatever the verdict; nothing is said after it. */
async function handshake(leg: Leg, waiter: Waiter, { tls, serverName, target }: Probe): Promise<Omit<Presented, 'negotiated'>> {
  const address = ipVersion(target.host) === 0 ? leg.remote?.address : target.host;
  const expired = (): OvercoatError => {
    const said = secured?.opening !== undefined;
    const because = { kind: 'limit', limit: 'TIMEOUTbusy', ms: LIMIT_MS, side: 'upstream', said } as const;
    return new OvercoatError('handshake_timeout', 'the server does not finish the TLS handshake', undefined, because);
  };
  let chain: readonly X509Certificate[] = [];
  let version = '';
  let secured: TlsLeg | undefined;
  const took = (tlsLeg: TlsLeg): void => {
    secured = tlsLeg;
    tlsLeg.onFailed(() => undefined); // told by the handshake, or of no interest any more
  };
  const judge = (peer: PeerFacts): Verdict | Promise<Verdict> => {
    if (peer.certificate === undefined) throw new OvercoatError('handshake_failed', 'the server presents no certificate');
    chain = peer.sent ?? [peer.certificate];
    version = peer.version ?? '';
    return tls.verifier.verify(peer);
  };
  try {
    const order = { serverName, address, destination: '', alpn: [], judge };
    const verdict = await waiter.wait<Verdict>({ on: 'upstream', limitMs: LIMIT_MS, expired }, (done, fail) =>
      tls.endpoint.handshake(leg, order, { took, done, fail }),
    );
    return { chain, verdict, version };
  } catch (cause) {
    if (cause instanceof OvercoatError) throw cause;
    const { code, text } = describeTlsFailure(cause);
    const because = handshakeCause(cause, {
      side: 'upstream',
      opening: secured?.opening,
      sni: serverName ?? '',
      named: serverName ?? target.host,
      certificate: false,
      psk: false,
    });
    throw new OvercoatError(code, `the TLS handshake failed: ${text}`, cause, because);
  } finally {
    secured?.end('close');
  }
}
