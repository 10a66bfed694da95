/**
 * The C library's sentence for an error number, without calling C: `Connection refused` where Node says "connection refused".
 * Programs that read our log search for these sentences, so they are glibc's own.
 */
import { constants } from 'node:os';

/** By name, because numbers differ between systems. What is missing is written with Node's own text. */
const SENTENCES: ReadonlyMap<string, string> = new Map([
  ['EPERM', 'Operation not permitted'],
  ['ENOENT', 'No such file or directory'],
  ['EINTR', 'Interrupted system call'],
  ['EIO', 'Input/output error'],
  ['EBADF', 'Bad file descriptor'],
  ['EAGAIN', 'Resource temporarily unavailable'],
  ['ENOMEM', 'Cannot allocate memory'],
  ['EACCES', 'Permission denied'],
  ['EEXIST', 'File exists'],
  ['ENODEV', 'No such device'],
  ['ENOTDIR', 'Not a directory'],
  ['EISDIR', 'Is a directory'],
  ['EINVAL', 'Invalid argument'],
  ['ENFILE', 'Too many open files in system'],
  ['EMFILE', 'Too many open files'],
  ['EFBIG', 'File too large'],
  ['ENOSPC', 'No space left on device'],
  ['EROFS', 'Read-only file system'],
  ['EPIPE', 'Broken pipe'],
  ['ENAMETOOLONG', 'File name too long'],
  ['ELOOP', 'Too many levels of symbolic links'],
  ['ENOTSOCK', 'Socket operation on non-socket'],
  ['EPROTO', 'Protocol error'],
  ['ENOPROTOOPT', 'Protocol not available'],
  ['EOPNOTSUPP', 'Operation not supported'],
  ['EAFNOSUPPORT', 'Address family not supported by protocol'],
  ['EADDRINUSE', 'Address already in use'],
  ['EADDRNOTAVAIL', 'Cannot assign requested address'],
  ['ENETDOWN', 'Network is down'],
  ['ENETUNREACH', 'Network is unreachable'],
  ['ENETRESET', 'Network dropped connection on reset'],
  ['ECONNABORTED', 'Software caused connection abort'],
  ['ECONNRESET', 'Connection reset by peer'],
  ['ENOBUFS', 'No buffer space available'],
  ['EISCONN', 'Transport endpoint is already connected'],
  ['ENOTCONN', 'Transport endpoint is not connected'],
  ['ETIMEDOUT', 'Connection timed out'],
  ['ECONNREFUSED', 'Connection refused'],
  ['EHOSTUNREACH', 'No route to host'],
  ['EHOSTDOWN', 'Host is down'],
  ['EALREADY', 'Operation already in progress'],
  ['EINPROGRESS', 'Operation now in progress'],
  ['EDQUOT', 'Disk quota exceeded'],
]);

/** Of two names of one number (EAGAIN, EWOULDBLOCK) the one that has a sentence. */
const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .sort(([one], [other]) => Number(SENTENCES.has(one)) - Number(SENTENCES.has(other)))
    .map(([name, number]) => [number, name]),
);

/** What went wrong, in stunnel's two parts: `TEXT (ERRNO)` is the shape its lines have. */
export interface ErrnoText {
  readonly text: string;
  /** Positive, as errno is; 0 when the error does not come from the operating system. */
  readonly errno: number;
}

/** What the kernel answers to what a fence forbids. */
const REFUSALS: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);
export const MAY_BE_FENCE =
  '; is it the fence? `confine = report` prints what that lets through, `confine = no` (`--confine no`) shows whether it is';

/** Behind the name of what every kernel of its age has, and is refused all the same. */
export const FILTERED = ' (refused by a filter around this process: `SystemCallFilter=` of its unit, or the profile of its container)';

let fenced = false;

/** This process has a fence (`confine`) from now on: refusals of the kernel may be its doing, which their sentences say. */
export function explainRefusals(): void {
  fenced = true;
}

/** @param errno positive or negative number of the operating system */
export function sentenceOf(errno: number): string {
  const name = NAMES.get(Math.abs(errno));
  return name === undefined ? `error ${Math.abs(errno)}` : sentenceNamed(name);
}

function sentenceNamed(name: string): string {
  return `${plainSentence(name)}${fenceHint(name)}`;
}

function plainSentence(name: string): string {
  return SENTENCES.get(name) ?? name;
}

function fenceHint(name: string | undefined): string {
  return fenced && name !== undefined && REFUSALS.has(name) ? MAY_BE_FENCE : '';
}

/** An error as Node raises them, for a call of our own. @param errno positive or negative */
export function systemError(call: string, errno: number): NodeJS.ErrnoException {
  const number = Math.abs(errno);
  const name = NAMES.get(number);
  const sentence = name === undefined ? `error ${number}` : plainSentence(name);
  const error: NodeJS.ErrnoException = new Error(`${call}: ${sentence} (${number})${fenceHint(name)}`);
  error.code = name ?? `E${number}`;
  error.errno = -number;
  error.syscall = call;
  return error;
}

/** What getaddrinfo(3) says, as stunnel prints it; Node has its own names for two of them. */
const RESOLVER_SENTENCES: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'Neither nodename nor servname known (EAI_NONAME)'],
  ['EAI_NODATA', 'No address associated with nodename (EAI_NODATA)'],
  ['EAI_AGAIN', 'Temporary failure in name resolution (EAI_AGAIN)'],
  ['EAI_FAIL', 'Non-recoverable failure in name resolution (EAI_FAIL)'],
  ['EAI_MEMORY', 'Memory allocation failure (EAI_MEMORY)'],
]);

/** Why a name has no address. */
export function describeResolverError(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return RESOLVER_SENTENCES.get(code ?? '') ?? describeSystemError(error).text;
}

/** The same for an error Node raised; errors that are not the operating system's keep their message and errno 0. */
export function describeSystemError(error: unknown): ErrnoText {
  const { text, errno } = plainSystemError(error);
  return { text: `${text}${errno === 0 ? '' : fenceHint(NAMES.get(errno))}`, errno };
}

/** Without a word of the fence: for what no fence forbids. */
export function plainSystemError(error: unknown): ErrnoText {
  if (!(error instanceof Error)) return { text: String(error), errno: 0 };
  const { code, message } = error as NodeJS.ErrnoException;
  const errno = code === undefined ? undefined : (constants.errno as Record<string, number>)[code];
  if (code === undefined || errno === undefined) return { text: message, errno: 0 };
  return { text: plainSentence(code), errno };
}

/** Text and number in one, as most messages have it: `No such file or directory (2)`; other errors without a number. */
export function systemErrorText(error: unknown): string {
  const { text, errno } = plainSystemError(error);
  return errno === 0 ? text : `${text} (${errno})${fenceHint(NAMES.get(errno))}`;
}
