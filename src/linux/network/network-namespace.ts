/**
 * Which network namespace this process is in. The inode number of /proc/self/ns/net is given to a new namespace as soon as the old
 * one is gone, so the kernel's cookie, which is never used twice in a boot, is asked for first (Linux 5.14).
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { close } from '../libc/descriptors.ts';
import { getsockopt, socket } from '../libc/sockets.ts';
import { AF_INET } from '../sockets/socket-address.ts';

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
  return `i${networkNamespaceInode()}`;
}

/** Of this process; another one may have it once the namespace is gone. */
export function networkNamespaceInode(): number {
  return inodeIn(readlinkSync('/proc/self/ns/net'));
}

/** The inodes of those that some process is in, or that are mounted where we see it (`ip netns`). Whoever is not root may miss some. */
export function networkNamespaces(): ReadonlySet<number> {
  const found = new Set<number>();
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      found.add(inodeIn(readlinkSync(`/proc/${pid}/ns/net`)));
    } catch {
      // it has ended, or is somebody else's
    }
  }
  for (const [link] of readFileSync('/proc/self/mountinfo', 'latin1').matchAll(/\bnet:\[\d+\]/g)) found.add(inodeIn(link));
  return found;
}

/** `net:[4026531840]` */
function inodeIn(link: string): number {
  return Number(link.replace(/\D/g, ''));
}
