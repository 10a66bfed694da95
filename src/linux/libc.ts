/**
 * The only file that calls C. The binding loads on first use (about 2 ms); `loadLibc()` does it early where the files will be out of
 * reach later (chroot). Calls return what C returned, or minus errno where C says -1: nothing here throws for a failed call, only where
 * the platform has no binding at all.
 */
import { requirePackage } from '../self.ts';

type Koffi = typeof import('koffi');

const DUPLICATE_CLOSE_ON_EXEC = 1030;
const GET_DESCRIPTOR_FLAGS = 1;
const SET_DESCRIPTOR_FLAGS = 2;
const CLOSE_ON_EXEC = 1;
const GET_STATUS_FLAGS = 3;
const SET_STATUS_FLAGS = 4;
const NONBLOCKING = 0o4000;
const SET_PARENT_DEATH_SIGNAL = 1;
const SET_DUMPABLE = 4;
const SET_NAME = 15;
const SET_NO_NEW_PRIVILEGES = 38;
/** RLIMIT_CORE. */
const CORE_LIMIT = 4;
/** landlock_create_ruleset and the two after it have these numbers on every processor. */
const LANDLOCK_CREATE_RULESET = 444;
const LANDLOCK_ADD_RULE = 445;
const LANDLOCK_RESTRICT_SELF = 446;
const LANDLOCK_VERSION = 1;
/** SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_GET_ACTION_AVAIL of seccomp(2). */
const SECCOMP_SET_FILTER = 1;
const SECCOMP_ALL_THREADS = 1;
const SECCOMP_ASK_ACTION = 2;
/** Of one `struct sock_filter`. */
const FILTER_BYTES = 8;
/** _LINUX_CAPABILITY_VERSION_3 of capget(2): 64 capabilities in two words of each kind. */
const CAPABILITY_VERSION = 0x2008_0522;
const CAPABILITY_WORDS = 6;
/** IF_NAMESIZE. */
const INTERFACE_NAME_BYTES = 16;
const UNIX_DOMAIN = 1;
const STREAM = 1;
const UNBLOCK = 1;
/** Of sigset_t. */
const SIGNAL_SET_BYTES = 128;
const READ_AND_WRITE = 3;
const MAP_SHARED = 1;
const MEMORY_CLOSE_ON_EXEC = 1;
const MEMORY_SEALABLE = 2;
const ADD_SEALS = 1033;
/** F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE. */
const ALL_SEALS = 0xf;
const DO_NOT_WAIT = 0x40;
const NO_SIGPIPE = 0x4000;
/** AT_EMPTY_PATH: the descriptor itself. */
const ITSELF = 0x1000;
/** Descriptors that arrive are closed on exec. */
const RECEIVE_CLOSE_ON_EXEC = 0x4000_0000;

let koffi: Koffi | undefined;
let library: ReturnType<Koffi['load']> | undefined;

/** Loads the binding now. @throws Error where the C library cannot be called (no prebuilt binding for this platform). */
export function loadLibc(): void {
  if (library !== undefined) return;
  try {
    koffi = requirePackage('koffi') as Koffi;
    library = koffi.load(null);
  } catch (cause) {
    throw new Error(`the C library cannot be called on ${process.platform} ${process.arch}`, { cause });
  }
}

/** A C function, looked up at its first call, with the result that C gives. @param types defines those that the prototype names */
function looked<Arguments extends readonly unknown[]>(prototype: string, types?: () => void): (...given: Arguments) => unknown {
  let bound: ((...given: readonly unknown[]) => unknown) | undefined;
  return (...given) => {
    if (bound === undefined) {
      loadLibc();
      types?.();
      bound = (library as NonNullable<typeof library>).func(prototype) as unknown as (...given: readonly unknown[]) => unknown;
    }
    return bound(...given);
  };
}

/** The same for functions that return a number. A result of -1 becomes minus errno. */
function lazily<Arguments extends readonly unknown[]>(prototype: string, types?: () => void): (...given: Arguments) => number {
  const call = looked<Arguments>(prototype, types);
  return (...given) => {
    const result = call(...given);
    return result === -1 ? -(koffi as Koffi).errno() : Number(result);
  };
}

/** `length` is in and out: the size of `value`, then how much of it was filled. */
const callGetsockopt = lazily<[fd: number, level: number, name: number, value: Uint8Array, length: [number]]>(
  'int getsockopt(int, int, int, uint8_t *, _Inout_ uint32_t *)',
);
const callSetsockopt = lazily<[fd: number, level: number, name: number, value: Uint8Array, length: number]>(
  'int setsockopt(int, int, int, const uint8_t *, uint32_t)',
);
const callBind = lazily<[fd: number, address: Uint8Array, length: number]>('int bind(int, const uint8_t *, uint32_t)');
const callConnect = lazily<[fd: number, address: Uint8Array, length: number]>('int connect(int, const uint8_t *, uint32_t)');
const callGetsockname = lazily<[fd: number, address: Uint8Array, length: [number]]>('int getsockname(int, uint8_t *, _Inout_ uint32_t *)');
const callFcntl = lazily<[fd: number, command: number, type: 'int', argument: number]>('int fcntl(int, int, ...)');
const callPrctl = lazily<[number, number, number, number, number]>(
  'int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)',
);
const callSetName = lazily<[operation: number, name: string, 0, 0, 0]>(
  'int prctl(int, const char *, unsigned long, unsigned long, unsigned long)',
);
const callCapset = lazily<[header: Uint8Array, data: Uint8Array]>('int capset(const uint8_t *, const uint8_t *)');
const callSetrlimit = lazily<[resource: number, limits: Uint8Array]>('int setrlimit(int, const uint8_t *)');
const callWithBytes = lazily<[number: number, bytes: Uint8Array | null, size: number, flags: number]>(
  'long syscall(long, const uint8_t *, size_t, uint32_t)',
);
const callAddRule = lazily<[number: number, ruleset: number, kind: number, rule: Uint8Array, flags: number]>(
  'long syscall(long, int, int, const uint8_t *, uint32_t)',
);
const callWithNumbers = lazily<[number: number, first: number, second: number]>('long syscall(long, int, uint32_t)');
const callSeccomp = lazily<[number: number, operation: number, flags: number, program: FilterProgram]>(
  'long syscall(long, uint32_t, uint32_t, const sock_fprog *)',
  defineFilterProgram,
);
const callAskSeccomp = lazily<[number: number, operation: number, flags: number, action: Uint8Array]>(
  'long syscall(long, uint32_t, uint32_t, const uint8_t *)',
);
const callOpenpty = lazily<[master: [number], slave: [number], name: null, termios: null, size: null]>(
  'int openpty(_Out_ int *, _Out_ int *, void *, void *, void *)',
);
const callSocketpair = lazily<[domain: number, type: number, protocol: number, ends: Uint8Array]>(
  'int socketpair(int, int, int, uint8_t *)',
);
const callFchownat = lazily<[fd: number, path: string, uid: number, gid: number, flags: number]>(
  'int fchownat(int, const char *, uint32_t, uint32_t, int)',
);
const callSigmask = lazily<[how: number, set: Uint8Array, before: null]>('int pthread_sigmask(int, const uint8_t *, uint8_t *)');
const callNameToIndex = lazily<[name: string]>('unsigned int if_nametoindex(const char *)');
const callIndexToName = looked<[index: number, name: Uint8Array]>('void *if_indextoname(unsigned int, uint8_t *)');
const callSignal = lazily<[signal: number, handler: number]>('intptr_t signal(int, intptr_t)');
const callMemfdCreate = lazily<[name: string, flags: number]>('int memfd_create(const char *, unsigned int)');
const callMmap = looked<[where: null, bytes: number, access: number, flags: number, fd: number, offset: number]>(
  'void *mmap(void *, size_t, int, int, int, int64_t)',
);
const callSendmsg = lazily<[fd: number, message: Message, flags: number]>('long sendmsg(int, const msghdr *, int)', defineMessage);
const callRecvmsg = lazily<[fd: number, message: Message, flags: number]>('long recvmsg(int, _Inout_ msghdr *, int)', defineMessage);

/** `struct sock_fprog` of seccomp(2). */
interface FilterProgram {
  readonly count: number;
  readonly filter: Uint8Array;
}

let filterDefined = false;

function defineFilterProgram(): void {
  if (filterDefined) return;
  filterDefined = true;
  (koffi as Koffi).struct('sock_fprog', { count: 'uint16_t', filter: 'uint8_t *' });
}

/** `struct msghdr` of sendmsg(2). */
interface Message {
  readonly name: null;
  readonly nameLength: number;
  readonly parts: readonly { readonly base: Uint8Array; readonly length: number }[];
  readonly partCount: number;
  readonly control: Uint8Array;
  readonly controlLength: number;
  readonly flags: number;
}

let messageDefined = false;

function defineMessage(): void {
  if (messageDefined) return;
  messageDefined = true;
  (koffi as Koffi).struct('iovec', { base: 'uint8_t *', length: 'size_t' });
  (koffi as Koffi).struct('msghdr', {
    name: 'void *',
    nameLength: 'uint32_t',
    parts: 'iovec *',
    partCount: 'size_t',
    control: 'uint8_t *',
    controlLength: 'size_t',
    flags: 'int',
  });
}

/** @param dataBytes of zeros: a stream carries no control message without one byte */
function messageWith(control: Uint8Array, dataBytes = 1): Message {
  const parts = [{ base: new Uint8Array(1), length: dataBytes }];
  return { name: null, nameLength: 0, parts, partCount: 1, control, controlLength: control.length, flags: 0 };
}

/** if_nametoindex(3): the number of a network device, which a new name does not change; 0 where there is none of this name. */
export function interfaceIndex(name: string): number {
  return callNameToIndex(name);
}

/** if_indextoname(3): what the device of this number is called now; undefined where it is gone. */
export function interfaceName(index: number): string | undefined {
  const name = new Uint8Array(INTERFACE_NAME_BYTES);
  if (callIndexToName(index, name) === null) return undefined;
  return Buffer.from(name.subarray(0, name.indexOf(0))).toString('latin1');
}

/** memfd_create(2): memory as a file without a name, closed on exec. Linux only. */
export function memfdCreate(name: string): number {
  return callMemfdCreate(name, MEMORY_CLOSE_ON_EXEC);
}

/** The same, for content that will be sealed. */
export function sealableMemfd(name: string): number {
  return callMemfdCreate(name, MEMORY_CLOSE_ON_EXEC | MEMORY_SEALABLE);
}

/** fcntl(F_ADD_SEALS): nobody changes this memory any more, its size and its seals neither. */
export function sealMemory(fd: number): number {
  return callFcntl(fd, ADD_SEALS, 'int', ALL_SEALS);
}

/** ftruncate(2). */
export const ftruncate = lazily<[fd: number, bytes: number]>('int ftruncate(int, int64_t)');

/** mmap(2) of a file from its beginning, written through to all who map it, until this process ends; or minus errno. */
export function mapShared(fd: number, bytes: number): ArrayBuffer | number {
  const pointer = callMmap(null, bytes, READ_AND_WRITE, MAP_SHARED, fd, 0) as bigint;
  return BigInt.asIntN(64, pointer) === -1n ? -(koffi as Koffi).errno() : (koffi as Koffi).view(pointer, bytes);
}

/** sendmsg(2) of one byte with a control message (unix(7), SCM_RIGHTS); never waits. */
export function sendControl(fd: number, control: Uint8Array): number {
  return callSendmsg(fd, messageWith(control), DO_NOT_WAIT | NO_SIGPIPE);
}

/** The same without a byte, on a datagram socket. */
export function sendControlAlone(fd: number, control: Uint8Array): number {
  return callSendmsg(fd, messageWith(control, 0), DO_NOT_WAIT | NO_SIGPIPE);
}

/** recvmsg(2) of one byte; fills `control`, which is zeroed before. Waits on a blocking descriptor. 0: the other end is closed. */
export function receiveControl(fd: number, control: Uint8Array): number {
  control.fill(0);
  return callRecvmsg(fd, messageWith(control), RECEIVE_CLOSE_ON_EXEC);
}

/** socket(2): a new descriptor. */
export const socket = lazily<[domain: number, type: number, protocol: number]>('int socket(int, int, int)');

/** socketpair(2) of connected Unix stream sockets: both ends, closed on exec and blocking, or minus errno. */
export function socketPair(): readonly [number, number] | number {
  const ends = new Int32Array(2);
  const result = callSocketpair(UNIX_DOMAIN, STREAM, 0, new Uint8Array(ends.buffer));
  if (result < 0) return result;
  const [first = -1, second = -1] = ends;
  setCloseOnExec(first, true);
  setCloseOnExec(second, true);
  return [first, second];
}

/** listen(2): clients may connect from here on, whoever accepts them. */
export const listen = lazily<[fd: number, backlog: number]>('int listen(int, int)');

/** dup2(2): `to` becomes another name of what `from` is. */
export const duplicateTo = lazily<[from: number, to: number]>('int dup2(int, int)');

/** close(2). Only for descriptors made here; Node closes its own. */
export const close = lazily<[fd: number]>('int close(int)');

/** malloc_trim(3): gives freed memory back to the kernel. glibc only. */
export const mallocTrim = lazily<[pad: number]>('int malloc_trim(size_t)');

/** chroot(2); the caller changes the working directory. */
export const chroot = lazily<[path: string]>('int chroot(const char *)');

/** getsockopt(2) into `value`; returns how many bytes of it were filled. */
export function getsockopt(fd: number, level: number, name: number, value: Uint8Array): number {
  const length: [number] = [value.length];
  const result = callGetsockopt(fd, level, name, value, length);
  return result < 0 ? result : length[0];
}

/** setsockopt(2) with the option's own bytes (host byte order). */
export function setsockopt(fd: number, level: number, name: number, value: Uint8Array): number {
  return callSetsockopt(fd, level, name, value, value.length);
}

/** setsockopt(2) for the many options that take an int. */
export function setsockoptInt(fd: number, level: number, name: number, value: number): number {
  return setsockopt(fd, level, name, new Uint8Array(new Int32Array([value]).buffer));
}

/** bind(2) to an encoded socket address (see `socket-address.ts`). */
export function bind(fd: number, address: Uint8Array): number {
  return callBind(fd, address, address.length);
}

/** connect(2) to an encoded socket address. Blocks on a blocking descriptor. */
export function connect(fd: number, address: Uint8Array): number {
  return callConnect(fd, address, address.length);
}

/** getsockname(2) into `address`; returns how many bytes of it were filled. */
export function getsockname(fd: number, address: Uint8Array): number {
  const length: [number] = [address.length];
  const result = callGetsockname(fd, address, length);
  return result < 0 ? result : Math.min(length[0], address.length);
}

/** A second descriptor for the same open file, closed on exec. */
export function duplicate(fd: number): number {
  return callFcntl(fd, DUPLICATE_CLOSE_ON_EXEC, 'int', 3);
}

/** Sets or clears FD_CLOEXEC. */
export function setCloseOnExec(fd: number, on: boolean): number {
  const flags = callFcntl(fd, GET_DESCRIPTOR_FLAGS, 'int', 0);
  if (flags < 0) return flags;
  return callFcntl(fd, SET_DESCRIPTOR_FLAGS, 'int', on ? flags | CLOSE_ON_EXEC : flags & ~CLOSE_ON_EXEC);
}

/** Makes a descriptor one that does not block (O_NONBLOCK), for everybody who shares its open file. */
export function setNonBlocking(fd: number): number {
  const flags = callFcntl(fd, GET_STATUS_FLAGS, 'int', 0);
  return flags < 0 ? flags : callFcntl(fd, SET_STATUS_FLAGS, 'int', flags | NONBLOCKING);
}

/** fcntl(2) for the commands that take a number. */
export function controlDescriptor(fd: number, command: number, argument: number): number {
  return callFcntl(fd, command, 'int', argument);
}

/** prctl(PR_SET_NO_NEW_PRIVS): setuid programs no longer gain privileges in this thread and its children. Linux only. */
export function forbidNewPrivileges(): number {
  return callPrctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0);
}

/** prctl(PR_SET_NAME): of this thread, and of the process where it is the main one. The kernel keeps 15 bytes. */
export function setThreadName(name: string): number {
  return callSetName(SET_NAME, name, 0, 0, 0);
}

/** prctl(PR_SET_DUMPABLE, 0): no core of this process, and no other process of its user may look into it. Undone by the next execve. */
export function forbidDumps(): number {
  return callPrctl(SET_DUMPABLE, 0, 0, 0, 0);
}

/** setrlimit(RLIMIT_CORE, 0): no core file of this process and of those it starts. */
export function forbidCoreFiles(): number {
  return callSetrlimit(CORE_LIMIT, new Uint8Array(2 * 8));
}

/** The ABI of landlock(7) that the kernel has, from 1 on; minus errno where it has none, or has it switched off. */
export function landlockVersion(): number {
  return callWithBytes(LANDLOCK_CREATE_RULESET, null, 0, LANDLOCK_VERSION);
}

/** landlock_create_ruleset(2). @param attributes `struct landlock_ruleset_attr`, as long as the ABI knows it @returns a descriptor */
export function landlockRuleset(attributes: Uint8Array): number {
  return callWithBytes(LANDLOCK_CREATE_RULESET, attributes, attributes.length, 0);
}

/** landlock_add_rule(2). @param kind LANDLOCK_RULE_* @param rule the struct of that kind */
export function landlockAddRule(ruleset: number, kind: number, rule: Uint8Array): number {
  return callAddRule(LANDLOCK_ADD_RULE, ruleset, kind, rule, 0);
}

/** landlock_restrict_self(2): this thread, the threads it starts, and what it becomes by execve. */
export function landlockRestrictSelf(ruleset: number): number {
  return callWithNumbers(LANDLOCK_RESTRICT_SELF, ruleset, 0);
}

/** seccomp(2): a filter for every thread of this process. @param number of the system call on this processor @param filter `struct sock_filter`s */
export function seccompFilter(number: number, filter: Uint8Array): number {
  return callSeccomp(number, SECCOMP_SET_FILTER, SECCOMP_ALL_THREADS, { count: filter.length / FILTER_BYTES, filter });
}

/** seccomp(2): whether filters may answer with this action. 0: they may. */
export function seccompKnows(number: number, action: number): number {
  return callAskSeccomp(number, SECCOMP_ASK_ACTION, 0, new Uint8Array(new Uint32Array([action]).buffer));
}

/** prctl(PR_SET_PDEATHSIG): the signal this process gets when the thread that started it ends; 0 for none. Linux only. */
export function parentDeathSignal(signal: number): number {
  return callPrctl(SET_PARENT_DEATH_SIGNAL, signal, 0, 0, 0);
}

/** capset(2): this thread, and what it becomes by execve, has no capability left, ambient and inheritable ones included. Linux only. */
export function dropCapabilities(): number {
  const header = new Uint8Array(new Uint32Array([CAPABILITY_VERSION, 0]).buffer);
  return callCapset(header, new Uint8Array(new Uint32Array(CAPABILITY_WORDS).buffer));
}

/** openpty(3): both ends, closed on exec, or minus errno. */
export function openpty(): { readonly master: number; readonly slave: number } | number {
  const master: [number] = [-1];
  const slave: [number] = [-1];
  const result = callOpenpty(master, slave, null, null, null);
  if (result < 0) return result;
  setCloseOnExec(master[0], true);
  setCloseOnExec(slave[0], true);
  return { master: master[0], slave: slave[0] };
}

/** signal(2): ignored from now on, here and in what this process becomes. */
export function ignoreSignal(signal: number): number {
  return callSignal(signal, 1);
}

/** signal(2) back to the default action, for what a command must not inherit (Node ignores SIGPIPE and SIGXFSZ). */
export function restoreDefaultSignal(signal: number): number {
  return callSignal(signal, 0);
}

/** Lets a signal through to this thread again that was blocked when the process started. */
export function unblockSignal(signal: number): void {
  const set = new Uint8Array(SIGNAL_SET_BYTES);
  set[(signal - 1) >> 3] = 1 << ((signal - 1) & 7);
  callSigmask(UNBLOCK, set, null);
}

/** Of the file behind a descriptor, which may be one of O_PATH. @param uid, gid -1: stays */
export function changeOwner(fd: number, uid: number, gid: number): number {
  return callFchownat(fd, '', uid >>> 0, gid >>> 0, ITSELF);
}
