/**
 * Dials the destination: every address in turn, each for at most TIMEOUTconnect. Where TLS starts at once the socket is a TLS
 * socket from the beginning, because only a socket that Node dials itself reads through `onread` (see dialled-reader.ts).
 */
import net from 'node:net';
import { OvercoatError } from '../errors.ts';
import { describeSystemError } from '../linux/errno-text.ts';
import { addressText, localText } from './address-text.ts';
import { DialledReader } from './dialled-reader.ts';
import type { Life } from './life.ts';
import type { DialAddress, Dialled, Named, Service } from './record.ts';
import { HIGH_WATER_MARK, plainSlabs, tlsSlabs } from './slabs.ts';
import { startTls } from './tls-start.ts';

/**
 * `tls`: TLS starts with the first byte, handshake.ts waits for it. `plain`: nothing but TCP, for the relay. `negotiated`: TCP whose
 * first bytes a conversation reads before TLS or the relay.
 */
export type DialKind = 'tls' | 'plain' | 'negotiated';

/** @throws OvercoatError `upstream_refused` or `upstream_timeout` when no address answered */
export async function dialUpstream(named: Named, kind: DialKind, service: Service, life: Life): Promise<Dialled> {
  let last: OvercoatError | undefined;
  for (const address of named.addresses) {
    life.emit({ kind: 'connecting', address: addressText(address) });
    try {
      const dialled = open(address, named.serverName, kind, service);
      life.own('upstream', dialled.socket, kind === 'tls' ? 'tls' : 'plain');
      await connected(dialled.socket, address, service, life);
      life.emit({ kind: 'upstream-connected', address: addressText(address), local: localText(dialled.socket), instant: false });
      return dialled;
    } catch (cause) {
      if (life.ended) throw cause;
      life.disown('upstream');
      last = report(cause, address, life);
    }
  }
  life.emit({ kind: 'no-more-addresses' });
  throw last ?? new OvercoatError('upstream_unresolved', 'No remote host resolved');
}

function open(address: DialAddress, serverName: string | undefined, kind: DialKind, service: Service): Dialled {
  const where = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port, family: address.family };
  const options = { ...where, autoSelectFamily: false, allowHalfOpen: true, noDelay: true, highWaterMark: HIGH_WATER_MARK };
  if (kind === 'negotiated') return { socket: net.connect(options), address, reader: undefined };
  const reader = new DialledReader(kind === 'tls' ? plainSlabs : tlsSlabs);
  const reading = { ...options, onread: reader.onread };
  return { socket: kind === 'plain' ? net.connect(reading) : startTls(reading, serverName, service), address, reader };
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
    life.emit({ kind: 'connect-timeout', address: addressText(address) });
    return cause;
  }
  const { text, errno } = describeSystemError(cause);
  life.emit({ kind: 'connect-failed', address: addressText(address), text, errno });
  return new OvercoatError('upstream_refused', `s_connect: connect ${addressText(address)}: ${text} (${errno})`, cause);
}
