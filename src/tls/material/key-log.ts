/**
 * Files with the secrets of TLS connections (NSS key log format), for whoever wants to read a capture of the service that names one with
 * `keyLog`. Nothing else turns it on: SSLKEYLOGFILE of the environment is not looked at. A file is opened once, before root and chroot are
 * given up, and stays open until the process ends.
 */
import type { Stats } from 'node:fs';
import { accessSync, closeSync, constants, existsSync, fstatSync, lstatSync, openSync, writeSync } from 'node:fs';
import { constants as os } from 'node:os';
import { dirname } from 'node:path';
import type { OvercoatError } from '../../errors.ts';
import { foreseeFile } from '../../linux/files/foreseen-file.ts';
import { pathBytes } from '../../text/raw-text.ts';
import { describeSystemError, plainSystemError, systemError } from '../../text/system-error.ts';
import { materialError } from './material-file.ts';

/** Takes one line of a connection's secrets. It never throws: OpenSSL calls it in the middle of a handshake. */
export type KeyLog = (line: string) => void;

/** From the path of `keyLog` to where its lines go. @throws OvercoatError `config_key_material` */
export type OpenKeyLog = (path: string) => KeyLog;

const OTHERS = 0o077;
const OWNER_ONLY = 0o600;
/** Not through a link, which somebody else may have put there, and not into a pipe that nobody reads. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const opened = new Map<string, number>();

/**
 * Creates the file (mode 0600), or appends to one that only its owner can read.
 * @param failed called once when it cannot be written any more (a full disk); connections go on
 * @throws OvercoatError `config_key_material`
 */
export function openKeyLog(path: string, failed: (reason: string) => void): KeyLog {
  const fd = opened.get(path) ?? open(path);
  opened.set(path, fd);
  let broken = false;
  return (line) => {
    if (broken) return;
    try {
      writeSync(fd, `${line}\n`); // one call a line: several processes may append
    } catch (error) {
      broken = true;
      failed(describeSystemError(error).text);
    }
  };
}

/** Whether `openKeyLog` would have the file, found without creating it. @throws OvercoatError as `openKeyLog` */
export function foreseeKeyLog(path: string): void {
  let there: Stats | undefined;
  try {
    there = lstatSync(pathBytes(path), { throwIfNoEntry: false });
    if (there?.isSymbolicLink() === true) throw systemError('open', os.errno.ELOOP);
    foreseeFile(path);
  } catch (error) {
    throw notOpened(path, error);
  }
  const flaw = there === undefined ? undefined : flawOf(path, there);
  if (flaw !== undefined) throw materialError('keyLog', path, flaw);
}

function open(path: string): number {
  let fd: number;
  try {
    fd = openSync(pathBytes(path), FLAGS, OWNER_ONLY);
  } catch (error) {
    throw notOpened(path, error);
  }
  const flaw = flawOf(path, fstatSync(fd));
  if (flaw === undefined) return fd;
  closeSync(fd);
  throw materialError('keyLog', path, flaw);
}

function notOpened(path: string, error: unknown): OvercoatError {
  // access(2) knows nothing of a fence: what it refuses is refused by the modes of the file, or of its folder.
  const { text } = mayWrite(path) ? describeSystemError(error) : plainSystemError(error);
  const problem = (error as NodeJS.ErrnoException).code === 'ELOOP' ? 'it is a symbolic link' : text;
  return materialError('keyLog', path, `${problem}; name a file that can be created in a folder of your own`, error);
}

function mayWrite(path: string): boolean {
  try {
    accessSync(pathBytes(existsSync(pathBytes(path)) ? path : dirname(path)), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Why secrets must not go into a file that is there, and what to do. */
function flawOf(path: string, { mode, uid, nlink }: Stats): string | undefined {
  if ((mode & constants.S_IFMT) !== constants.S_IFREG) return 'it is no ordinary file; name another one';
  if (uid !== process.geteuid?.()) return 'it belongs to another user, who could read the secrets; name another one';
  if ((mode & OTHERS) !== 0) return `others can read it; remove it, or chmod 600 ${path}`;
  if (nlink !== 1) return 'it has another name (a hard link), by which it may be a file of something else; name another one';
  return undefined;
}

/** LABEL, 64 digits of the client's random, at most 128 of the secret. */
const MAX_LINE = 512;

/** Is it as long as one may be, and one line? For what another process sends to be written. */
export function isLine(line: string): boolean {
  return line.length <= MAX_LINE && !line.includes('\n');
}
