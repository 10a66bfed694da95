/**
 * Sockets that systemd has bound before this process began (sd_listen_fds(3)): descriptors from 3 on, as many as it says, if it
 * means us. They stand for the `accept` lines in the order of the file.
 */
import { setCloseOnExec } from '../../linux/libc/descriptors.ts';

const FIRST = 3;
/** Far above any unit file; a broken number must not make us touch every descriptor. */
const MOST = 1024;

/** Takes the variables out of the environment, so that programs we start do not believe they are meant. */
export function takeInheritedSockets(environment: NodeJS.ProcessEnv = process.env): readonly number[] {
  const { LISTEN_PID: pid, LISTEN_FDS: count } = environment;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID']) delete environment[name];
  if (pid !== String(process.pid)) return [];
  const number = Number(count);
  if (!Number.isInteger(number) || number < 1 || number > MOST) return [];
  return ownSockets(number);
}

/** The first `count` descriptors behind the standard ones; from here on they are not passed on. */
export function ownSockets(count: number): readonly number[] {
  const sockets = Array.from({ length: count }, (_, index) => FIRST + index);
  for (const fd of sockets) setCloseOnExec(fd, true);
  return sockets;
}
