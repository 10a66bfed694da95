/** Does somebody have a file open for writing? The kernel answers by refusing a lease for readers (fcntl(2), F_SETLEASE). */
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { pathBytes } from '../../text/raw-text.ts';
import { controlDescriptor } from '../libc/descriptors.ts';

const SET_SIGNAL = 10;
const SET_LEASE = 1024;
const READERS = 0;
const NONE = 2;

/**
 * @returns false also where the kernel does not say: a file of somebody else without CAP_LEASE, a file system without leases
 */
export function isBeingWritten(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(pathBytes(path), 'r');
  } catch {
    return false;
  }
  try {
    // A writer that comes while the lease is held makes the kernel send a signal: one that is ignored instead of SIGIO, which kills.
    if (controlDescriptor(fd, SET_SIGNAL, constants.signals.SIGURG) < 0) return false;
    const result = controlDescriptor(fd, SET_LEASE, READERS);
    if (result >= 0) controlDescriptor(fd, SET_LEASE, NONE);
    return result === -constants.errno.EAGAIN;
  } finally {
    closeSync(fd);
  }
}
