/** A leg on its way to an address: a socket of our own making, with everything set that must be before bind and connect. */

import type { Endpoint } from '../address/endpoint.ts';
import { isIpv6 } from '../address/ip.ts';
import type { SocketOption } from '../config/config.ts';
import { setsockoptInt } from '../linux/libc/sockets.ts';
import { encodeSocketAddress } from '../linux/sockets/socket-address.ts';
import { bindForeign, bindSocket, makeTcpSocket } from '../linux/sockets/tcp-socket.ts';
import { makeUnixSocket, unixAddress } from '../linux/sockets/unix-socket.ts';
import { systemError } from '../text/system-error.ts';
import type { Leg } from './leg.ts';
import { saysLinger, setNoDelay } from './options.ts';
import { PlainLeg } from './plain-leg.ts';
import { FAILED, WRITABLE } from './poller.ts';
import type { Linger } from './socket.ts';
import { Socket } from './socket.ts';
import type { TellSetting } from './socket-settings.ts';
import { applySettings } from './socket-settings.ts';
import { close, connect, EINPROGRESS } from './system-calls.ts';

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
  /** A failure of connect(2) that takes its time is a failure of the leg. */
  readonly leg: Leg;
  /** Calls back when TCP is up. @returns what stops listening */
  onConnected(done: () => void): () => void;
}

/**
 * Starts connecting.
 * @throws NodeJS.ErrnoException, with the call that failed as `syscall`, where it fails at once; nothing is left open then
 */
export function dial(order: TcpOrder | { readonly path: string }): Dialling {
  return 'path' in order
    ? start(makeUnixSocket(), unixAddress(order.path, 'connect'), undefined, 'default')
    : start(prepared(order), addressBytes(order.address), order.address, saysLinger(order.settings) ? 'configured' : 'default');
}

function start(fd: number, address: Uint8Array, remote: Endpoint | undefined, linger: Linger): Dialling {
  const connected = connect(fd, address);
  if (connected < 0 && connected !== -EINPROGRESS) {
    close(fd);
    throw systemError('connect', connected);
  }
  const leg = new DialledLeg(new Socket(fd, remote, linger));
  return { leg, onConnected: (done) => leg.onConnected(done) };
}

/** Where the last connection went: most go where the one before went. */
let last: { readonly target: Endpoint; readonly bytes: Uint8Array } | undefined;

function addressBytes(target: Endpoint): Uint8Array {
  if (last?.target.address === target.address && last.target.port === target.port) return last.bytes;
  const bytes = encodeSocketAddress(target);
  last = target.address.includes('%') ? undefined : { target, bytes }; // the number of an interface may change
  return bytes;
}

const SOL_IP = 0;
const IP_BIND_ADDRESS_NO_PORT = 24;

function prepared({ address, local, source, settings, noDelay, tell }: TcpOrder): number {
  const family = isIpv6(address.address) ? 6 : 4;
  const fd = makeTcpSocket(family);
  try {
    if (noDelay) setNoDelay(fd);
    applySettings(fd, family, settings, 'remote', tell);
    if (local !== undefined) {
      setsockoptInt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1); // the port is chosen at connect: it need not be free towards everybody
      bindSocket(fd, { address: local, port: 0 });
    } else if (source !== undefined) bindForeign(fd, source);
    return fd;
  } catch (cause) {
    close(fd);
    throw cause;
  }
}

/** Until TCP is up nothing is read or written, and a failure is that of connect(2). */
class DialledLeg extends PlainLeg {
  #connecting = true;
  #waiting: (() => void)[] = [];

  onConnected(done: () => void): () => void {
    this.#waiting.push(done);
    return () => {
      this.#waiting = this.#waiting.filter((waiting) => waiting !== done);
    };
  }

  override ready(events: number): void {
    if (!this.#connecting) {
      super.ready(events);
      return;
    }
    if ((events & (WRITABLE | FAILED)) === 0) return;
    const error = (events & FAILED) === 0 ? undefined : this.socket.takeError('connect');
    if (error !== undefined) {
      this.fail(error);
      return;
    }
    this.#connecting = false;
    for (const done of this.#waiting.splice(0)) done();
    super.ready(events);
  }
}
