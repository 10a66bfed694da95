/**
 * Whether the kernel has told a group of netlink listeners of a change (netlink(7)): of rules, of network devices or their addresses. What it tells is not
 * read, only that it did: whoever asks looks for himself then. Opened once, asked often: it costs one system call.
 */
import { closeSync, readSync } from 'node:fs';
import { bind, socket } from '../libc/sockets.ts';

const AF_NETLINK = 16;
const RAW_NONBLOCKING_CLOSE_ON_EXEC = 3 | 0o4000 | 0o2000000;
const MESSAGE_BYTES = 8192;
/** More than these wait only where somebody changes a great deal; the next question finds the rest. */
const MOST_READ = 64;

/** Protocol and group, of linux/netlink.h, nfnetlink.h and rtnetlink.h. Rules are told to root alone (CAP_NET_ADMIN at the opening). */
export const NETLINK = {
  rules: { protocol: 12, group: 7 },
  devices: { protocol: 0, group: 1 },
  addresses4: { protocol: 0, group: 5 },
  addresses6: { protocol: 0, group: 9 },
} as const;

export class NetlinkWatch {
  #fd: number;
  readonly #into = Buffer.alloc(MESSAGE_BYTES);

  /** Where it cannot be opened, `changed` is never true: whoever asks has to look now and then in any case. */
  constructor({ protocol, group }: { readonly protocol: number; readonly group: number }) {
    this.#fd = socket(AF_NETLINK, RAW_NONBLOCKING_CLOSE_ON_EXEC, protocol);
    if (this.#fd >= 0 && bind(this.#fd, netlinkAddress(group)) < 0) this.close();
  }

  /** Something has changed since the last question. */
  changed(): boolean {
    let heard = false;
    for (let count = 0; count < MOST_READ && this.#fd >= 0; count += 1) {
      try {
        readSync(this.#fd, this.#into);
        heard = true;
      } catch (error) {
        return heard || (error as NodeJS.ErrnoException).code === 'ENOBUFS'; // more than the kernel keeps for us
      }
    }
    return heard;
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

/** `struct sockaddr_nl`: family, padding, port id of the kernel's choice, a mask of groups; in host byte order. */
function netlinkAddress(group: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new Uint16Array(bytes.buffer, 0, 1)[0] = AF_NETLINK;
  new Uint32Array(bytes.buffer, 8, 1)[0] = 1 << (group - 1);
  return bytes;
}
