/**
 * Ends a TCP connection with RST whatever is queued. Node's TLSSocket cannot (`destroy` sends close_notify and FIN,
 * `resetAndDestroy` throws), so the connection is dissolved below it: connect(2) with AF_UNSPEC (man 2 connect, tcp_disconnect).
 */
import { connect } from '../libc.ts';

/** `struct sockaddr` of family AF_UNSPEC (0). */
const UNSPECIFIED = new Uint8Array(16);

/**
 * Sends RST now. The descriptor stays open and Node's: destroy the socket afterwards, in the same turn.
 * Does nothing elsewhere than on Linux, where a socket of one's own below the TLS leg and its `resetAndDestroy` do the same.
 */
export function abortConnection(fd: number): void {
  if (fd < 0 || process.platform !== 'linux') return;
  connect(fd, UNSPECIFIED);
}
