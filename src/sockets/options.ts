/** Options that every connection gets, set without an allocation. Those a user wrote are `linux/sockets/socket-options.ts`'s. */
import type { SocketOption } from '../config/config.ts';
import { setOption } from './system-calls.ts';

const ON = new Uint8Array(new Int32Array([1]).buffer);
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;

/** Whether the user has said what close(2) does. */
export function saysLinger(options: readonly SocketOption[]): boolean {
  return options.some(({ name }) => name === 'SO_LINGER');
}

/** Short messages leave at once. Nothing happens on a Unix socket. */
export function setNoDelay(fd: number): void {
  setOption(fd, IPPROTO_TCP, TCP_NODELAY, ON);
}
