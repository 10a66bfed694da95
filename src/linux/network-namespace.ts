/**
 * Which network namespace this process is in. The inode number of /proc/self/ns/net is given to a new namespace as soon as the old
 * one is gone, so the kernel's cookie, which is never used twice in a boot, is asked for first (Linux 5.14).
 */
import { readlinkSync } from 'node:fs';
import { close, getsockopt, socket } from './libc.ts';
import { AF_INET } from './sockets/socket-address.ts';

const DATAGRAM_CLOSE_ON_EXEC = 2 | 0o2000000;
const SOL_SOCKET = 1;
const SO_NETNS_COOKIE = 71;

/** Letters and digits only; the same for every process of the namespace. */
export function networkNamespaceId(): string {
  const cookie = new BigUint64Array(1);
  const fd = socket(AF_INET, DATAGRAM_CLOSE_ON_EXEC, 0);
  if (fd >= 0) {
    const length = getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, new Uint8Array(cookie.buffer));
    close(fd);
    if (length === cookie.byteLength) return `c${cookie[0]}`;
  }
  return `i${readlinkSync('/proc/self/ns/net').replace(/\D/g, '')}`;
}
