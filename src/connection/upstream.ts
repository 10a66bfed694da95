/**
 * Dials the destination: every address in turn, each for at most TIMEOUTconnect. Where TLS starts at once the socket is a TLS
 * socket from the beginning, which is one object less.
 */
import net, { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { LogLevel, ServiceConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import { describeSystemError } from '../linux/errno-text.ts';
import type { Endpoint } from '../linux/socket-address.ts';
import type { DialAddress } from './address-text.ts';
import { addressText, localText } from './address-text.ts';
import type { Life } from './life.ts';
import type { OwnDial } from './made-socket.ts';
import { dialWithSettings } from './made-socket.ts';
import type { Dialled, Named, Service } from './record.ts';
import { HIGH_WATER_MARK } from './slabs.ts';
import { startTls } from './tls-start.ts';

/** `tls`: TLS starts with the first byte, handshake.ts waits for it. `plain`: nothing but TCP, for what comes before TLS or for the relay. */
export type DialKind = 'tls' | 'plain';

/** @throws OvercoatError `upstream_refused` or `upstream_timeout` when no address answered */
export async function dialUpstream(named: Named, kind: DialKind, service: Service, life: Life): Promise<Dialled> {
  let last: OvercoatError | undefined;
  for (const address of named.addresses) {
    life.emit({ kind: 'connecting', address: addressText(address) });
    try {
      const dialled = open(address, named, kind, service, life);
      life.own('upstream', dialled.socket, dialled.socket instanceof TLSSocket ? 'tls' : 'plain');
      if (address.kind === 'tcp') life.loops?.watch(dialled.socket, address, life.hops);
      await connected(dialled.socket, address, service, life);
      service.targets.health.answered(address);
      life.emit({ kind: 'upstream-connected', address: addressText(address), local: localText(dialled.socket), instant: false });
      return dialled;
    } catch (cause) {
      if (life.ended) throw cause;
      life.disown('upstream');
      last = report(cause, address, life);
      if (isTarget(service)) service.targets.health.failed(address);
    }
  }
  if (isTarget(service)) service.targets.refresh();
  life.emit({ kind: 'no-more-addresses' });
  throw last ?? new OvercoatError('upstream_unresolved', 'No remote host resolved');
}

/** @throws NodeJS.ErrnoException where the socket cannot be made as the service wants it */
function open(address: DialAddress, { serverName, from }: Named, kind: DialKind, service: Service, life: Life): Dialled {
  if (address.kind === 'tcp' && needsOwnSocket(service.config)) {
    const say = (level: LogLevel, text: string): void => life.emit({ kind: 'note', level, text });
    return { socket: dialWithSettings(ownDial(address, from, service), service.config, say), address };
  }
  const options = { ...placeOf(address, service), autoSelectFamily: false, allowHalfOpen: true, highWaterMark: HIGH_WATER_MARK };
  return { socket: kind === 'plain' ? net.connect(options) : startTls(options, serverName, service), address };
}

function placeOf(address: DialAddress, service: Service): net.NetConnectOpts {
  if (address.kind === 'unix') return { path: address.path };
  const { host, port, family } = address;
  const localAddress = localAddressFor(address, service);
  const place = { host, port, family, noDelay: service.config.sockets.remoteNoDelay };
  return localAddress === undefined ? place : { ...place, localAddress };
}

/** `local`: never another address than that, also where it has none of the target's family. */
function localAddressFor({ host, family }: DialAddress & { readonly kind: 'tcp' }, { config, targets }: Service): string | undefined {
  if (config.local === undefined) return undefined;
  const address = targets.localFor(family);
  if (address === undefined)
    throw new OvercoatError('upstream_refused', `local = ${config.local}: no IPv${family} address to reach ${host} from`);
  return address;
}

/** Something must be set before connect: Node's own sockets are connected before anybody can reach them. */
function needsOwnSocket({ transparent, sockets }: ServiceConfig): boolean {
  return transparent.source || sockets.remote.length > 0;
}

function ownDial(address: DialAddress & { readonly kind: 'tcp' }, from: Endpoint | undefined, service: Service): OwnDial {
  const local = localAddressFor(address, service);
  const source = service.config.transparent.source && local === undefined ? clientAddress(address, from, service) : undefined;
  return { address: { address: address.host, port: address.port }, source, local, highWaterMark: HIGH_WATER_MARK };
}

/** Of an intercepted client the port is not kept: its connection to us has the same four numbers. */
function clientAddress(
  { host, family }: DialAddress & { readonly kind: 'tcp' },
  from: Endpoint | undefined,
  { config }: Service,
): Endpoint {
  if (from === undefined || isIP(from.address) !== family) {
    throw new OvercoatError('upstream_refused', `transparent = source: the client has no IPv${family} address to reach ${host} from`);
  }
  return config.transparent.destination ? { address: from.address, port: 0 } : from;
}

/** Only the targets of `connect` are remembered: an intercepted destination is the client's affair. */
function isTarget({ config }: Service): boolean {
  return config.connect.length > 0;
}

function connected(socket: net.Socket, address: DialAddress, service: Service, life: Life): Promise<void> {
  const expired = () => new OvercoatError('upstream_timeout', `s_connect: s_poll_wait ${addressText(address)}: TIMEOUTconnect exceeded`);
  return life.wait<void>({ on: 'upstream', limitMs: service.config.limits.connectMs, expired }, (done) => {
    const onConnect = (): void => done();
    socket.once('connect', onConnect);
    return () => socket.off('connect', onConnect);
  });
}

function report(cause: unknown, address: DialAddress, life: Life): OvercoatError {
  if (cause instanceof OvercoatError) {
    if (cause.code === 'upstream_timeout') life.emit({ kind: 'connect-timeout', address: addressText(address) });
    else life.emit({ kind: 'note', level: 3, text: cause.message });
    return cause;
  }
  const { text, errno } = describeSystemError(cause);
  const call = (cause as NodeJS.ErrnoException).syscall ?? 'connect';
  if (call === 'connect') life.emit({ kind: 'connect-failed', address: addressText(address), text, errno });
  else life.emit({ kind: 'note', level: 3, text: `s_connect: ${call}: ${text} (${errno})` });
  return new OvercoatError('upstream_refused', `s_connect: ${call} ${addressText(address)}: ${text} (${errno})`, cause);
}
