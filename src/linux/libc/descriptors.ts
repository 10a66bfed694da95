/** Descriptors of any kind: copies, flags, owner, and the two ends of a terminal. */
import { bindCall } from './call.ts';

const DUPLICATE_CLOSE_ON_EXEC = 1030;
const GET_DESCRIPTOR_FLAGS = 1;
const SET_DESCRIPTOR_FLAGS = 2;
const CLOSE_ON_EXEC = 1;
const GET_STATUS_FLAGS = 3;
const SET_STATUS_FLAGS = 4;
const NONBLOCKING = 0o4000;
/** AT_EMPTY_PATH: the descriptor itself. */
const ITSELF = 0x1000;
const callFcntl = bindCall<[fd: number, command: number, type: 'int', argument: number]>('int fcntl(int, int, ...)');
const callOpenpty = bindCall<[master: [number], slave: [number], name: null, termios: null, size: null]>(
  'int openpty(_Out_ int *, _Out_ int *, void *, void *, void *)',
);
const callFchownat = bindCall<[fd: number, path: string, uid: number, gid: number, flags: number]>(
  'int fchownat(int, const char *, uint32_t, uint32_t, int)',
);

/** close(2). Only for descriptors made here; Node closes its own. */
export const close = bindCall<[fd: number]>('int close(int)');

/** A second descriptor for the same open file, closed on exec. */
export function duplicate(fd: number): number {
  return callFcntl(fd, DUPLICATE_CLOSE_ON_EXEC, 'int', 3);
}

/** dup2(2): `to` becomes another name of what `from` is. */
export const duplicateTo = bindCall<[from: number, to: number]>('int dup2(int, int)');

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

/** Of the file behind a descriptor, which may be one of O_PATH. @param uid, gid -1: stays */
export function changeOwner(fd: number, uid: number, gid: number): number {
  return callFchownat(fd, '', uid >>> 0, gid >>> 0, ITSELF);
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
