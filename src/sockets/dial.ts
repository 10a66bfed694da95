/**
 * A leg on its way to an address. The runtime dials, unless something must be set before bind or connect (`socket = r:`,
 * `transparent = source`): its own sockets have done both before anybody can reach them, so such a socket is made by hand.
 */
import net, { isIPv6 } from 'node:net';
import type { Endpoint } from '../address/endpoint.ts';
import type { SocketOption } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import { bindForeign, bindTcpSocket, closeTcpSocket, makeTcpSocket } from '../linux/sockets/tcp-socket.ts';
import type { Leg } from './leg.ts';
import { NodeLeg } from './node-leg.ts';
import { HIGH_WATER_MARK } from './slabs.ts';
import type { TellSetting } from './socket-settings.ts';
import { applySettings } from './socket-settings.ts';

export interface TcpOrder {
  /** An IP literal. */
  readonly address: Endpoint;
  /** Connect from this address of ours (`local`). */
  readonly local: string | undefined;
  /** Connect from this address, which need not be ours (`transparent = source`); port 0: any. */
  readonly source: Endpoint | undefined;
  readonly settings: readonly SocketOption[];
  readonly noDelay: boolean;
  readonly tell: TellSetting;
}

export interface Dialling {
  /** A failure of connect(2) is a failure of the leg. */
  readonly leg: Leg;
  /** Calls back when TCP is up. @returns what stops listening */
  onConnected(done: () => void): () => void;
}

const COMMON = { autoSelectFamily: false, allowHalfOpen: true, highWaterMark: HIGH_WATER_MARK } as const;

/** @throws NodeJS.ErrnoException, OvercoatError `start_platform` */
export function dial(order: TcpOrder | { readonly path: string }): Dialling {
  const socket = 'path' in order ? net.connect({ ...COMMON, path: order.path }) : dialTcp(order);
  return {
    leg: new NodeLeg(socket),
    onConnected: (done) => {
      socket.once('connect', done);
      return () => socket.off('connect', done);
    },
  };
}

function dialTcp(order: TcpOrder): net.Socket {
  if (order.source !== undefined || order.settings.length > 0) return dialMade(order);
  const { address, local, noDelay } = order;
  const where = { host: address.address, port: address.port, family: isIPv6(address.address) ? 6 : 4, noDelay };
  return net.connect({ ...COMMON, ...where, ...(local === undefined ? {} : { localAddress: local }) });
}

function dialMade({ address, source, local, settings, noDelay, tell }: TcpOrder): net.Socket {
  if (process.platform !== 'linux') throw new OvercoatError('start_platform', 'transparent = source and socket = r: exist on Linux only');
  const family = isIPv6(address.address) ? 6 : 4;
  const fd = makeTcpSocket(family);
  try {
    applySettings(fd, family, settings, 'remote', tell);
    if (local !== undefined) bindTcpSocket(fd, { address: local, port: 0 });
    else if (source !== undefined) bindForeign(fd, source);
  } catch (cause) {
    closeTcpSocket(fd);
    throw cause;
  }
  // Connected in the same turn: Node would otherwise begin to read a socket that is not connected.
  const options = { fd, allowHalfOpen: true, highWaterMark: HIGH_WATER_MARK };
  const socket = new net.Socket(options);
  socket.setNoDelay(noDelay);
  return socket.connect({ host: address.address, port: address.port });
}
