/**
 * seccomp(2): system calls that a process has no need of are answered with EPERM, in every thread it has and will have. A filter is a
 * program of classic BPF over `struct seccomp_data`. The kernel asks it once for each number that does not depend on arguments and keeps
 * the answer (since 5.11), so its length costs nothing afterwards.
 */
import { FILTERED } from '../../text/system-error.ts';
import { seccompFilter, seccompKnows } from '../libc/rights.ts';
import {
  CLONE,
  CLONE3,
  IOCTL,
  NEEDED,
  NEVER,
  OF_MODULES,
  PRIORITIES,
  PRLIMIT,
  SECCOMP,
  SENDMMSG,
  SENDMSG,
  SENDTO,
  SOCKET,
  SOCKETPAIR,
  STARTING,
  syscallNumbers,
} from './syscall-numbers.ts';

/** AUDIT_ARCH_* of linux/audit.h. */
const MACHINES = { x64: 0xc000_003e, arm64: 0xc000_00b7 } as const;
type Machine = keyof typeof MACHINES;

/** Numbers of the x32 ABI, which a filter for x86-64 would not know. */
const X32 = 0x4000_0000;
const CLONE_THREAD = 0x1_0000;
/** CLONE_NEW* of clone(2): a thread may have its own namespaces, too. */
const NEW_NAMESPACES = 0x7e02_0000;
/** Connects a TCP socket by sending (RFC 7413), past the rules of Landlock where the kernel is older than July 2026. */
const MSG_FASTOPEN = 0x2000_0000;
/** TIOCSTI and TIOCLINUX: what a shell reads next from its terminal. */
const TYPING = [0x5412, 0x541c] as const;

/** SECCOMP_RET_*. */
const ALLOW = 0x7fff_0000;
const REFUSE = 0x0005_0000;
const EPERM = 1;
const ENOSYS = 38;
const EPROTONOSUPPORT = 93;
const EAFNOSUPPORT = 97;

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
/** By NETLINK_ROUTE the C library asks for addresses of this machine. */
const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
/** What stands beside the type of a socket, SOCK_NONBLOCK and SOCK_CLOEXEC, is above it. */
const TYPE_MASK = 0xf;
/** SOCK_STREAM, SOCK_DGRAM. A raw socket sees packets of others. */
const TYPES = [1, 2] as const;
/** The usual one, TCP, UDP. Landlock has rules for TCP alone: MPTCP and SMC (262, 256) carry it past them. */
const PROTOCOLS = [0, 6, 17] as const;

/** How libuv tells the kernel what its loop waits for. */
const LOOP_CALL = 'io_uring_enter';

/** Codes of linux/filter.h: load a word, compare, mask, return. */
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const IF_ANY_BIT = 0x45;
const AND = 0x54;
const RETURN = 0x06;

/** Where things are in `struct seccomp_data`. */
const NUMBER_AT = 0;
const MACHINE_AT = 4;
/** Arguments have 64 bits; of those that are looked at here the kernel takes the lower half alone, so that is all that is compared. */
const FIRST_ARGUMENT_AT = 16;
const ARGUMENT_BYTES = 8;

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
  /** Modules of others are loaded, which may need what no relay does (`PRIORITIES`; without `programs` also `OF_MODULES` and netlink). */
  readonly modules: boolean;
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
export function filterOf(rules: SyscallRules, machine: Machine): readonly Instruction[] {
  const { programs, loopBegun, strict, modules } = rules;
  const numbers = (table: string): readonly number[] => [...syscallNumbers(table, machine).values()];
  const never = [...syscallNumbers(NEVER, machine)].filter(([name]) => !loopBegun || name !== LOOP_CALL).map(([, number]) => number);
  const refused = [
    ...never,
    ...(programs ? [] : numbers(STARTING)),
    ...(programs || modules ? [] : numbers(OF_MODULES)),
    ...(modules ? [] : numbers(PRIORITIES)),
  ];
  const needed = [
    ...numbers(NEEDED),
    ...(programs ? numbers(STARTING) : []),
    ...(modules ? [...numbers(OF_MODULES), ...numbers(PRIORITIES)] : []),
  ];
  return [
    [LOAD, 0, 0, MACHINE_AT],
    [IF_EQUAL, 1, 0, MACHINES[machine]],
    refuse(EPERM),
    [LOAD, 0, 0, NUMBER_AT],
    ...(machine === 'x64' ? onlyIf([IF_AT_LEAST, 0, 1, X32], refuse(EPERM)) : []),
    ...sending(machine),
    ...refused.flatMap((number) => onlyIf([IF_EQUAL, 0, 1, number], refuse(EPERM))),
    ...threads(rules, machine),
    ...sockets(rules, machine),
    ...decided(IOCTL, machine, [argument(1), ...TYPING.flatMap((command) => onlyIf([IF_EQUAL, 0, 1, command], refuse(EPERM))), allow()]),
    ...decided(PRLIMIT, machine, [argument(0), ...onlyIf([IF_EQUAL, 0, 1, 0], allow()), refuse(EPERM)]),
    ...(strict ? needed.flatMap((number) => onlyIf([IF_EQUAL, 0, 1, number], allow())) : []),
    strict ? refuse(EPERM) : allow(),
  ];
}

/** A call whose arguments decide. @param verdict ends in every case */
function decided(call: string, machine: Machine, verdict: readonly Instruction[]): readonly Instruction[] {
  return [[IF_EQUAL, 0, verdict.length, numberOf(call, machine)], ...verdict];
}

/** First, as they are called most. */
function sending(machine: Machine): readonly Instruction[] {
  const flagsAt = [
    [SENDMSG, 2],
    [SENDTO, 3],
    [SENDMMSG, 3],
  ] as const;
  return flagsAt.flatMap(([call, flags]) =>
    decided(call, machine, [argument(flags), ...onlyIf([IF_ANY_BIT, 0, 1, MSG_FASTOPEN], refuse(EPERM)), allow()]),
  );
}

/** The flags of clone3(2) are out of a filter's sight: the C library makes its threads, and its processes, by clone(2) where there is no clone3. */
function threads({ programs }: SyscallRules, machine: Machine): readonly Instruction[] {
  const processes = programs ? allow() : refuse(EPERM);
  return [
    ...onlyIf([IF_EQUAL, 0, 1, numberOf(CLONE3, machine)], refuse(ENOSYS)),
    ...decided(CLONE, machine, [
      argument(0),
      ...onlyIf([IF_ANY_BIT, 0, 1, NEW_NAMESPACES], refuse(EPERM)),
      ...onlyIf([IF_ANY_BIT, 0, 1, CLONE_THREAD], allow()),
      processes,
    ]),
  ];
}

/** What runs programs may run one that needs other families. */
function sockets({ programs, unixSockets, modules }: SyscallRules, machine: Machine): readonly Instruction[] {
  const ofRoutes = [argument(2), ...onlyIf([IF_EQUAL, 0, 1, NETLINK_ROUTE], allow()), refuse(EPROTONOSUPPORT)];
  const routes = modules ? [allow()] : ofRoutes; // a token is seen by NETLINK_KOBJECT_UEVENT
  const others = [
    ...(unixSockets ? onlyIf([IF_EQUAL, 0, 1, AF_UNIX], allow()) : []),
    ...([[IF_EQUAL, 0, routes.length, AF_NETLINK], ...routes] as const),
    refuse(EAFNOSUPPORT),
  ];
  const without = programs ? [allow()] : others;
  return [
    ...(programs || unixSockets ? [] : onlyIf([IF_EQUAL, 0, 1, numberOf(SOCKETPAIR, machine)], refuse(EAFNOSUPPORT))),
    ...decided(SOCKET, machine, [
      argument(0),
      [IF_EQUAL, without.length + 1, 0, AF_INET],
      [IF_EQUAL, without.length, 0, AF_INET6],
      ...without,
      argument(1),
      [AND, 0, 0, TYPE_MASK],
      [IF_EQUAL, 2, 0, TYPES[0]],
      [IF_EQUAL, 1, 0, TYPES[1]],
      refuse(EPERM),
      argument(2),
      ...PROTOCOLS.flatMap((protocol) => onlyIf([IF_EQUAL, 0, 1, protocol], allow())),
      refuse(EPROTONOSUPPORT),
    ]),
  ];
}

function argument(index: number): Instruction {
  return [LOAD, 0, 0, FIRST_ARGUMENT_AT + ARGUMENT_BYTES * index];
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
