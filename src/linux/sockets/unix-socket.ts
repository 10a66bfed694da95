/** Unix stream sockets made by hand (unix(7)): they do not block and are closed on exec. Also their files. */
import { closeSync, existsSync, constants as files, fstatSync, lstatSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { systemError } from '../../text/system-error.ts';
import { foreseeDirectory } from '../files/foreseen-file.ts';
import { changeOwner } from '../libc/descriptors.ts';
import { getsockopt, socket } from '../libc/sockets.ts';
import { AF_UNIX, encodeUnixAddress } from './socket-address.ts';

const STREAM_NONBLOCKING_CLOSE_ON_EXEC = 1 | 0o4000 | 0o2000000;
/** `sun_path`, its terminator included. */
const LONGEST_PATH = 108;
const FAMILY_BYTES = 2;

/** @throws NodeJS.ErrnoException */
export function makeUnixSocket(): number {
  const fd = socket(AF_UNIX, STREAM_NONBLOCKING_CLOSE_ON_EXEC, 0);
  if (fd < 0) throw systemError('socket', fd);
  return fd;
}

/**
 * @param call the one the address is for
 * @throws NodeJS.ErrnoException ENAMETOOLONG
 */
export function unixAddress(path: string, call: string): Uint8Array {
  const address = encodeUnixAddress(path);
  if (address.length > FAMILY_BYTES + LONGEST_PATH) throw systemError(call, constants.errno.ENAMETOOLONG);
  return address;
}

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** `struct ucred`: three 32-bit numbers, the first is the process. */
const CREDENTIALS_BYTES = 12;

/**
 * Which process has made the connection that a descriptor is our end of, as the kernel wrote down when it was made (unix(7), SO_PEERCRED).
 * @returns 0 for one that this PID namespace does not see; undefined where it is no Unix socket
 */
export function peerProcess(fd: number): number | undefined {
  const credentials = new Int32Array(CREDENTIALS_BYTES / Int32Array.BYTES_PER_ELEMENT);
  const filled = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, new Uint8Array(credentials.buffer));
  return filled === CREDENTIALS_BYTES ? credentials[0] : undefined;
}

/** Open a file for nothing but to name it (open(2)); Node has no constant of it. */
const O_PATH = 0o10000000;

/**
 * Changes whose the file of a socket is. What is looked at is what is changed, whoever may put links and other files into its folder.
 * @param uid, gid undefined: stays
 * @throws NodeJS.ErrnoException, Error where it is no socket any more
 */
export function giveSocketFile(path: string, uid: number | undefined, gid: number | undefined): void {
  const fd = openSync(path, O_PATH | files.O_NOFOLLOW);
  try {
    if (!fstatSync(fd).isSocket()) throw new Error('somebody has put something else in its place');
    const done = changeOwner(fd, uid ?? -1, gid ?? -1);
    if (done < 0) throw systemError('fchownat', done);
  } finally {
    closeSync(fd);
  }
}

/**
 * Whether a socket could be bound to a path, found without making one. Another socket there is no obstacle: it belongs to nobody, or to
 * the process that a start would replace.
 * @throws NodeJS.ErrnoException of bind
 */
export function foreseeSocketFile(path: string): void {
  unixAddress(path, 'bind');
  foreseeDirectory(dirname(path));
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isSocket()) throw bindCause(path, systemError('bind', constants.errno.EADDRINUSE));
}

/**
 * Why a path cannot be bound: bind(2) says of a folder, too, that the address is in use, and the runtime, of a folder that is not there,
 * that it must not be written to, and of a path that is too long, that it is not valid.
 */
export function bindCause(path: string, cause: unknown): unknown {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (code === 'EINVAL' && encodeUnixAddress(path).length > FAMILY_BYTES + LONGEST_PATH)
    return systemError('bind', constants.errno.ENAMETOOLONG);
  if (code === 'EACCES' && syscall === 'listen' && !existsSync(dirname(path))) return systemError('bind', constants.errno.ENOENT);
  if (code !== 'EADDRINUSE') return cause;
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? systemError('bind', constants.errno.EISDIR) : cause;
}
