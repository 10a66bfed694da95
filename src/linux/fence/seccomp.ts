/**
 * seccomp(2): system calls that a process has no need of are answered with EPERM, in every thread it has and will have. A filter is a
 * program of classic BPF over `struct seccomp_data`. The kernel asks it once for each number that does not depend on arguments and keeps
 * the answer (since 5.11), so its length costs nothing afterwards.
 */
import { FILTERED } from '../../text/system-error.ts';
import { seccompFilter, seccompKnows } from '../libc/rights.ts';
import { CLONE, CLONE3, NEEDED, NEVER, SECCOMP, SOCKET, SOCKETPAIR, STARTING, syscallNumbers } from './syscall-numbers.ts';

/** AUDIT_ARCH_* of linux/audit.h. */
const MACHINES = { x64: 0xc000_003e, arm64: 0xc000_00b7 } as const;
type Machine = keyof typeof MACHINES;

/** Numbers of the x32 ABI, which a filter for x86-64 would not know. */
const X32 = 0x4000_0000;
const CLONE_THREAD = 0x1_0000;

/** SECCOMP_RET_*. */
const ALLOW = 0x7fff_0000;
const REFUSE = 0x0005_0000;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** AF_INET, AF_INET6, and AF_NETLINK, by which the C library asks for addresses of this machine. None that sees packets of others. */
const FAMILIES = [2, 10, 16] as const;
const AF_UNIX = 1;

/** How libuv tells the kernel what its loop waits for. */
const LOOP_CALL = 'io_uring_enter';

/** Codes of linux/filter.h: load a word, compare, return. */
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const IF_ANY_BIT = 0x45;
const RETURN = 0x06;

/** Where things are in `struct seccomp_data`. */
const NUMBER_AT = 0;
const MACHINE_AT = 4;
const FIRST_ARGUMENT_AT = 16;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

export interface SyscallRules {
  /** Programs may be started. */
  readonly programs: boolean;
  /** The event loop of the runtime has begun, and with it an io_uring of its own, without which it aborts. */
  readonly loopBegun: boolean;
  /** Whatever is not known to be needed is refused as well. */
  readonly strict: boolean;
  /** Without `programs`: Unix sockets may be made. Those that are there, and those that are handed over, stay of use. */
  readonly unixSockets: boolean;
}

/** What the running kernel cannot do of it; empty: it can do all. */
export function seccompLacks(machine: string = process.arch): readonly string[] {
  const answer = isMachine(machine) ? seccompKnows(numberOf(SECCOMP, machine), REFUSE) : -ENOSYS;
  return answer === 0 ? [] : [`seccomp: system calls${answer === -EPERM ? FILTERED : ''}`];
}

/** For every thread of this process, for good. no_new_privs is set before. @returns 0, or minus errno: nothing has changed then */
export function filterSyscalls(rules: SyscallRules, machine: string = process.arch): number {
  return isMachine(machine) ? seccompFilter(numberOf(SECCOMP, machine), encoded(filterOf(rules, machine))) : -ENOSYS;
}

/** The program, as `struct sock_filter`s. */
export function filterOf({ programs, loopBegun, strict, unixSockets }: SyscallRules, machine: Machine): readonly Instruction[] {
  const never = [...syscallNumbers(NEVER, machine)].filter(([name]) => !loopBegun || name !== LOOP_CALL).map(([, number]) => number);
  const refused = [...never, ...(programs ? [] : syscallNumbers(STARTING, machine).values())];
  const needed = [...syscallNumbers(NEEDED, machine).values(), ...(programs ? syscallNumbers(STARTING, machine).values() : [])];
  return [
    [LOAD, 0, 0, MACHINE_AT],
    [IF_EQUAL, 1, 0, MACHINES[machine]],
    refuse(EPERM),
    [LOAD, 0, 0, NUMBER_AT],
    ...(machine === 'x64' ? onlyIf([IF_AT_LEAST, 0, 1, X32], refuse(EPERM)) : []),
    ...refused.flatMap((number) => onlyIf([IF_EQUAL, 0, 1, number], refuse(EPERM))),
    ...(programs ? [] : [...threadsOnly(machine), ...knownFamilies(machine, unixSockets)]),
    ...(strict ? [...needed, numberOf(CLONE, machine)].flatMap((number) => onlyIf([IF_EQUAL, 0, 1, number], allow())) : []),
    strict ? refuse(EPERM) : allow(),
  ];
}

/** The flags of clone3(2) are out of a filter's sight: the C library makes its threads by clone(2) where there is no clone3. */
function threadsOnly(machine: Machine): readonly Instruction[] {
  return [
    ...onlyIf([IF_EQUAL, 0, 1, numberOf(CLONE3, machine)], refuse(ENOSYS)),
    [IF_EQUAL, 0, 4, numberOf(CLONE, machine)],
    [LOAD, 0, 0, FIRST_ARGUMENT_AT],
    [IF_ANY_BIT, 0, 1, CLONE_THREAD],
    allow(),
    refuse(EPERM),
  ];
}

/** What runs programs may run one that needs more. */
function knownFamilies(machine: Machine, unixSockets: boolean): readonly Instruction[] {
  const families = unixSockets ? [AF_UNIX, ...FAMILIES] : FAMILIES;
  const known = families.flatMap((family) => onlyIf([IF_EQUAL, 0, 1, family], allow()));
  return [
    ...(unixSockets ? [] : onlyIf([IF_EQUAL, 0, 1, numberOf(SOCKETPAIR, machine)], refuse(EAFNOSUPPORT))),
    [IF_EQUAL, 0, known.length + 2, numberOf(SOCKET, machine)],
    [LOAD, 0, 0, FIRST_ARGUMENT_AT],
    ...known,
    refuse(EAFNOSUPPORT),
  ];
}

function onlyIf(condition: Instruction, then: Instruction): readonly Instruction[] {
  return [condition, then];
}

function refuse(errno: number): Instruction {
  return [RETURN, 0, 0, REFUSE | errno];
}

function allow(): Instruction {
  return [RETURN, 0, 0, ALLOW];
}

function encoded(program: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * program.length));
  for (const [index, [code, ifTrue, ifFalse, value]] of program.entries()) {
    view.setUint16(8 * index, code, true);
    view.setUint8(8 * index + 2, ifTrue);
    view.setUint8(8 * index + 3, ifFalse);
    view.setUint32(8 * index + 4, value, true);
  }
  return new Uint8Array(view.buffer);
}

function isMachine(machine: string): machine is Machine {
  return Object.hasOwn(MACHINES, machine);
}

function numberOf(entry: string, machine: Machine): number {
  return [...syscallNumbers(entry, machine).values()][0] as number;
}
