// Tests: src/linux/fence/syscall-numbers.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { SyscallRules } from '../../../src/linux/fence/seccomp.ts';
import { filterOf } from '../../../src/linux/fence/seccomp.ts';
import {
  IOCTL,
  NEEDED,
  NEVER,
  OF_MODULES,
  PRIORITIES,
  PRLIMIT,
  SENDMMSG,
  SENDMSG,
  SENDTO,
  STARTING,
  syscallNumbers,
} from '../../../src/linux/fence/syscall-numbers.ts';

const EPERM = 0x0005_0001;
const ENOSYS = 0x0005_0026;
const EAFNOSUPPORT = 0x0005_0061;
const EPROTONOSUPPORT = 0x0005_005d;
const ALLOW = 0x7fff_0000;
const X64 = 0xc000_003e;
const AF_UNIX = 1;
const AF_PACKET = 17;
const ARM64 = 0xc000_00b7;

/** What the kernel would make of a call. */
function verdict(program: ReturnType<typeof filterOf>, machine: number, number: number, ...given: readonly number[]): number {
  const data: Readonly<Record<number, number>> = {
    0: number,
    4: machine,
    ...Object.fromEntries(given.map((each, at) => [16 + 8 * at, each])),
  };
  let accumulator = 0;
  for (let at = 0; ; at += 1) {
    const [code, ifTrue, ifFalse, value] = program[at] ?? assert.fail('the filter has an end');
    if (code === 0x06) return value;
    if (code === 0x20) accumulator = data[value] ?? 0;
    else if (code === 0x54) accumulator &= value;
    else {
      const holds = code === 0x15 ? accumulator === value : code === 0x35 ? accumulator >= value : (accumulator & value) !== 0;
      at += holds ? ifTrue : ifFalse;
    }
  }
}

const WORKER: SyscallRules = { programs: false, loopBegun: false, strict: false, unixSockets: true, modules: false };
/** SOCK_STREAM and SOCK_RAW; SOCK_NONBLOCK and SOCK_CLOEXEC. */
const [STREAM, RAW] = [1, 3];
const FLAGS = 0o2004000;

suite('the filter of system calls', () => {
  for (const [name, machine] of [
    ['x64', X64],
    ['arm64', ARM64],
  ] as const) {
    const call = (table: string, wanted: string): number => syscallNumbers(table, name).get(wanted) ?? assert.fail(wanted);

    test(`refuses what no relay needs and lets everything else through (${name})`, () => {
      const program = filterOf(WORKER, name);
      for (const table of [NEVER, STARTING, OF_MODULES, PRIORITIES])
        for (const [each, number] of syscallNumbers(table, name)) assert.equal(verdict(program, machine, number), EPERM, each);
      for (const [each, number] of syscallNumbers(NEEDED, name)) assert.equal(verdict(program, machine, number, AF_UNIX), ALLOW, each);
      for (const [each, number] of syscallNumbers(PRIORITIES, name))
        assert.equal(verdict(filterOf({ ...WORKER, programs: true }, name), machine, number), EPERM, `${each} beside programs`);
      for (const [each, number] of [...syscallNumbers(OF_MODULES, name), ...syscallNumbers(PRIORITIES, name)]) {
        for (const strict of [false, true])
          assert.equal(verdict(filterOf({ ...WORKER, strict, modules: true }, name), machine, number), ALLOW, each);
      }
      assert.equal(verdict(program, machine, 999), ALLOW, 'a call that is not known');
      assert.equal(verdict(program, 0x4000_0003, 1), EPERM, 'a call of another processor');
    });

    test(`lets threads be made, and no processes (${name})`, () => {
      const clone = name === 'x64' ? 56 : 220;
      const program = filterOf(WORKER, name);
      assert.equal(verdict(program, machine, clone, 0x3d_0f00), ALLOW, 'as pthread_create(3) calls it');
      assert.equal(verdict(program, machine, clone, 17), EPERM, 'as fork(3) does');
      assert.equal(verdict(program, machine, 435), ENOSYS, 'clone3 is not to be looked into');
      assert.equal(verdict(program, machine, clone, 0x403d_0f00), EPERM, 'a thread in a network of its own');
      const starting = filterOf({ ...WORKER, programs: true }, name);
      assert.equal(verdict(starting, machine, clone, 17), ALLOW);
      assert.equal(verdict(starting, machine, clone, 0x1000_0011), EPERM, 'a process with users of its own');
    });

    test(`lets bytes be sent, and no connection begin by it (${name})`, () => {
      for (const strict of [false, true]) {
        const program = filterOf({ ...WORKER, strict }, name);
        for (const [entry, before] of [
          [SENDTO, [5, 0, 1]],
          [SENDMSG, [5, 0]],
          [SENDMMSG, [5, 0, 1]],
        ] as const) {
          const number = call(entry, entry.split('=')[0] as string);
          assert.equal(verdict(program, machine, number, ...before, 0x4040), ALLOW, entry);
          assert.equal(verdict(program, machine, number, ...before, 0x2000_4040), EPERM, entry);
        }
      }
    });

    test(`lets limits be those of this process, and no terminal be typed into (${name})`, () => {
      for (const rules of [WORKER, { ...WORKER, strict: true }, { ...WORKER, programs: true }]) {
        const program = filterOf(rules, name);
        const [limit, control] = [call(PRLIMIT, 'prlimit64'), call(IOCTL, 'ioctl')];
        assert.deepEqual([verdict(program, machine, limit, 0, 7), verdict(program, machine, limit, 1, 7)], [ALLOW, EPERM]);
        assert.deepEqual(
          [0x5411, 0x5412, 0x541c].map((command) => verdict(program, machine, control, 0, command)),
          [ALLOW, EPERM, EPERM],
        );
      }
    });

    test(`lets no Unix socket be made where none is needed (${name})`, () => {
      const [socket, pair] = [call(NEEDED, 'socket'), call(NEEDED, 'socketpair')];
      const program = filterOf({ ...WORKER, strict: true, unixSockets: false }, name);
      assert.equal(verdict(program, machine, socket, AF_UNIX), EAFNOSUPPORT);
      assert.equal(verdict(program, machine, pair, AF_UNIX), EAFNOSUPPORT);
      for (const family of [2, 10, 16]) assert.equal(verdict(program, machine, socket, family, STREAM), ALLOW, String(family));
      assert.equal(verdict(program, machine, call(NEEDED, 'connect')), ALLOW);
      assert.equal(verdict(filterOf({ ...WORKER, strict: true }, name), machine, pair, AF_UNIX), ALLOW);
    });

    test(`lets only what is needed through where it is strict (${name})`, () => {
      const program = filterOf({ ...WORKER, strict: true }, name);
      for (const [each, number] of syscallNumbers(NEEDED, name)) assert.equal(verdict(program, machine, number, AF_UNIX), ALLOW, each);
      assert.equal(verdict(program, machine, 999), EPERM);
    });

    test(`lets sockets be made of the families that names and streams need (${name})`, () => {
      const socket = call(NEEDED, 'socket');
      for (const strict of [false, true]) {
        const program = filterOf({ ...WORKER, strict }, name);
        for (const family of [AF_UNIX, 2, 10, 16]) assert.equal(verdict(program, machine, socket, family, STREAM), ALLOW, String(family));
        for (const family of [AF_PACKET, 38, 40, 44]) assert.equal(verdict(program, machine, socket, family), EAFNOSUPPORT, String(family));
      }
      assert.equal(verdict(filterOf({ ...WORKER, programs: true }, name), machine, socket, AF_PACKET), ALLOW);
    });

    test(`lets them be TCP and UDP, and netlink be about addresses (${name})`, () => {
      const socket = call(NEEDED, 'socket');
      for (const programs of [false, true]) {
        const program = filterOf({ ...WORKER, programs }, name);
        const of = (...given: readonly number[]): number => verdict(program, machine, socket, ...given);
        for (const family of [2, 10]) {
          for (const [type, protocol] of [
            [1, 0],
            [1 | FLAGS, 6],
            [2 | FLAGS, 17],
          ] as const)
            assert.equal(of(family, type, protocol), ALLOW);
          assert.equal(of(family, RAW | FLAGS, 6), EPERM, 'raw');
          for (const protocol of [132, 256, 262]) assert.equal(of(family, STREAM, protocol), EPROTONOSUPPORT, 'SCTP, SMC, MPTCP');
        }
        assert.equal(of(16, RAW, 0), ALLOW);
        const withModules = filterOf({ ...WORKER, programs, modules: true }, name);
        for (const protocol of [0, 15]) assert.equal(verdict(withModules, machine, socket, 16, RAW, protocol), ALLOW, 'devices that come');
        assert.equal(of(16, RAW, 12), programs ? ALLOW : EPROTONOSUPPORT, 'rules of the firewall');
      }
    });

    test(`leaves a loop that has begun its ring, and no other (${name})`, () => {
      const program = filterOf({ ...WORKER, programs: true, loopBegun: true }, name);
      assert.equal(verdict(program, machine, call(NEVER, 'io_uring_enter')), ALLOW);
      assert.equal(verdict(program, machine, call(NEVER, 'io_uring_setup')), EPERM);
    });
  }

  test('knows the numbers of x32 for what they are', () => {
    assert.equal(verdict(filterOf(WORKER, 'x64'), X64, 0x4000_003b), EPERM);
  });

  test('names no call twice', () => {
    for (const machine of ['x64', 'arm64'] as const) {
      const all = [STARTING, NEVER, OF_MODULES, PRIORITIES, NEEDED, SENDTO, SENDMSG, SENDMMSG, IOCTL, PRLIMIT].flatMap((table) => [
        ...syscallNumbers(table, machine).values(),
      ]);
      assert.equal(new Set(all).size, all.length, machine);
    }
  });
});
