/**
 * Looks at what a server presents, without trusting it: TCP, the clear-text part of the protocol, a TLS handshake, and then nothing
 * more; not a byte of any application is sent. Whether the server would be accepted is asked of the same verifier that serves.
 */
import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, isIP } from 'node:net';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ProtocolName, ServiceConfig, TcpAddress } from '../../config/config.ts';
import { startTls } from '../../connection/tls-start.ts';
import { OvercoatError } from '../../errors.ts';
import { Dialogue } from '../../protocols/driver.ts';
import type { SpokenName } from '../../protocols/facts.ts';
import { socketWaiter } from '../../protocols/socket-waiter.ts';
import { directionFor, protocolForPort } from '../../protocols/table.ts';
import { describeSystemError } from '../../text/system-error.ts';
import { sentChain } from '../../tls/chain.ts';
import { sessionUseOf } from '../../tls/client-sessions.ts';
import { describeTlsFailure } from '../../tls/failure.ts';
import type { ServiceTls } from '../../tls/service-tls.ts';
import type { Verdict } from '../../tls/verify.ts';

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
  const { host, port } = request.target;
  const socket = connect({ host, port });
  try {
    await within(socket, once(socket, 'connect'), 'upstream_timeout', `${host}:${port} does not answer`);
    const negotiated = await negotiate(socket, request);
    return { ...(await handshake(socket, request)), negotiated };
  } catch (cause) {
    throw cause instanceof OvercoatError ? cause : unreachable(request.target, cause);
  } finally {
    socket.destroy();
  }
}

function unreachable({ host, port }: TcpAddress, cause: unknown): OvercoatError {
  if ((cause as NodeJS.ErrnoException).syscall === 'getaddrinfo')
    return new OvercoatError('upstream_unresolved', `${host} has no address`, cause);
  return new OvercoatError('upstream_refused', `${host}:${port}: ${describeSystemError(cause).text}`, cause);
}

async function negotiate(socket: Socket, { protocol, service, serverName, target }: Probe): Promise<SpokenName | undefined> {
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
  const pause = await new Dialogue(conversation, {
    client,
    upstream: socket,
    waiter: socketWaiter(socket),
    busyMs: LIMIT_MS,
    idleMs: 0,
  }).run();
  if (pause.kind !== 'start-tls') throw new OvercoatError('internal', `a negotiation was ${pause.kind} before TLS`);
  return name;
}

/** A client that says no more than XMPP needs to know whom it wants, and hears nothing. */
function nobody(domain: string): Duplex {
  const client = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  client.push(`<stream:stream to='${domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`);
  return client;
}

async function handshake(raw: Socket, { tls, service, serverName, target }: Probe): Promise<Omit<Presented, 'negotiated'>> {
  const socket = startTls({ socket: raw }, serverName, { config: service, tls });
  try {
    await within(socket, once(socket, 'secureConnect'), 'handshake_timeout', 'the server does not finish the TLS handshake');
    return await judge(socket, tls, serverName, isIP(target.host) === 0 ? raw.remoteAddress : target.host);
  } catch (cause) {
    if (cause instanceof OvercoatError) throw cause;
    const { code, text } = describeTlsFailure(cause);
    throw new OvercoatError(
      code,
      `the TLS handshake failed: ${text}${service.protocol.name === undefined ? ' (does the server want --protocol?)' : ''}`,
      cause,
    );
  } finally {
    socket.destroy();
  }
}

async function judge(
  socket: TLSSocket,
  { verifier }: ServiceTls,
  serverName: string | undefined,
  address: string | undefined,
): Promise<Omit<Presented, 'negotiated'>> {
  const peer = sessionUseOf(socket).peerOf(socket);
  if (peer.certificate === undefined) throw new OvercoatError('handshake_failed', 'the server presents no certificate');
  const verdict = await verifier.verify({ ...peer, serverName, address, resumed: false });
  return { chain: sentChain(peer.certificate), verdict, version: socket.getProtocol() ?? '' };
}

/** `promise` within the limit; the socket's own failure comes first, since `once` rejects with it. */
async function within<T>(socket: Duplex, promise: Promise<T>, code: 'upstream_timeout' | 'handshake_timeout', text: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new OvercoatError(code, text)), LIMIT_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    // Whatever fails from here on is told by the next wait, or is of no interest any more.
    socket.on('error', () => undefined);
  }
}
