/** Unix stream sockets made by hand (unix(7)): they do not block and are closed on exec. */
import { constants } from 'node:os';
import { systemError } from '../../text/system-error.ts';
import { socket } from '../libc.ts';
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
