/** Options that every connection gets, set without an allocation. Those a user wrote are `linux/sockets/socket-options.ts`'s. */
import { setOption } from './system-calls.ts';

const ON = new Uint8Array(new Int32Array([1]).buffer);
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;

/** Short messages leave at once. Nothing happens on a Unix socket. */
export function setNoDelay(fd: number): void {
  setOption(fd, IPPROTO_TCP, TCP_NODELAY, ON);
}
