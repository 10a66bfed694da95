/** Rights that are given up for good: the root folder, capabilities, new privileges, what landlock(7) and seccomp(2) take away. */
import { bindCall, structs } from './call.ts';
import { prctl } from './process.ts';

const SET_NO_NEW_PRIVILEGES = 38;
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
const BITS = 32;
const callCapget = bindCall<[header: Uint8Array, data: Uint8Array]>('int capget(const uint8_t *, uint8_t *)');
const callCapset = bindCall<[header: Uint8Array, data: Uint8Array]>('int capset(const uint8_t *, const uint8_t *)');
const callWithBytes = bindCall<[number: number, bytes: Uint8Array | null, size: number, flags: number]>(
  'long syscall(long, const uint8_t *, size_t, uint32_t)',
);
const callAddRule = bindCall<[number: number, ruleset: number, kind: number, rule: Uint8Array, flags: number]>(
  'long syscall(long, int, int, const uint8_t *, uint32_t)',
);
const callWithNumbers = bindCall<[number: number, first: number, second: number]>('long syscall(long, int, uint32_t)');

/** `struct sock_fprog` of seccomp(2). */
interface FilterProgram {
  readonly count: number;
  readonly filter: Uint8Array;
}

const defineFilterProgram = structs({ sock_fprog: { count: 'uint16_t', filter: 'uint8_t *' } });

const callSeccomp = bindCall<[number: number, operation: number, flags: number, program: FilterProgram]>(
  'long syscall(long, uint32_t, uint32_t, const sock_fprog *)',
  defineFilterProgram,
);
const callAskSeccomp = bindCall<[number: number, operation: number, flags: number, action: Uint8Array]>(
  'long syscall(long, uint32_t, uint32_t, const uint8_t *)',
);

/** chroot(2); the caller changes the working directory. */
export const chroot = bindCall<[path: string]>('int chroot(const char *)');

/** prctl(PR_SET_NO_NEW_PRIVS): setuid programs no longer gain privileges in this thread and its children. Linux only. */
export function forbidNewPrivileges(): number {
  return prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0);
}

/** capset(2): this thread, and what it becomes by execve, has no capability left, ambient and inheritable ones included. Linux only. */
export function dropCapabilities(): number {
  return keepCapabilities([]);
}

/**
 * capset(2): this thread, the threads it starts, and, with no_new_privs, what it becomes by execve, have no capability but those of these
 * that it has now. Nothing is called where it has no others. Linux only.
 */
export function keepCapabilities(kept: readonly number[]): number {
  const words = ownCapabilities();
  if (typeof words === 'number') return words;
  const left = leftOf(words, kept);
  return left.every((word, at) => word === words[at]) ? 0 : setCapabilities(left);
}

/** Whether `keepCapabilities` would get through to the kernel: what this thread has is set to what it is. @returns 0, or minus errno. Linux only. */
export function mayKeepCapabilities(kept: readonly number[]): number {
  const words = ownCapabilities();
  if (typeof words === 'number') return words;
  return leftOf(words, kept).every((word, at) => word === words[at]) ? 0 : setCapabilities(words);
}

/** capget(2) of this thread: effective, permitted and inheritable ones from 0 on, then those from 32 on. @returns minus errno where it fails */
function ownCapabilities(): Uint32Array | number {
  const words = new Uint32Array(CAPABILITY_WORDS);
  const result = callCapget(capabilityHeader(), new Uint8Array(words.buffer));
  return result < 0 ? result : words;
}

function leftOf(words: Uint32Array, kept: readonly number[]): Uint32Array {
  return words.map((word, at) => {
    const first = at < CAPABILITY_WORDS / 2 ? 0 : BITS;
    return word & kept.filter((each) => each >= first && each < first + BITS).reduce((bits, each) => bits | (1 << (each - first)), 0);
  });
}

function setCapabilities(words: Uint32Array): number {
  return callCapset(capabilityHeader(), new Uint8Array(words.buffer));
}

/** `struct __user_cap_header_struct`; 0: this thread. The kernel may write into it. */
function capabilityHeader(): Uint8Array {
  return new Uint8Array(new Uint32Array([CAPABILITY_VERSION, 0]).buffer);
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
