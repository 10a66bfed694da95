/**
 * Tells systemd how far we are, by the socket of `Type=notify` (sd_notify(3)). It is connected before chroot and a change of user,
 * since it has a path.
 */
import { writeSync } from 'node:fs';
import { AF_UNIX, encodeUnixAddress } from '../../linux/sockets/socket-address.ts';
import { printable } from '../../text/printable.ts';

const DATAGRAM_NONBLOCKING_CLOSE_ON_EXEC = 2 | 0o4000 | 0o2000000;

export interface Manager {
  /** @param status one line for `systemctl status`; '' leaves what it shows */
  ready(status: string): void;
  reloading(): void;
  stopping(): void;
  /** Another process serves from now on, and speaks for the service; this one has said its last word. @returns whether anybody was told */
  handOver(pid: number): boolean;
  /** Whether somebody listens, and `now` is worth its making. */
  readonly listens: boolean;
  /** @param text what is going on, behind the status of `ready` on the same line */
  now(text: string): void;
}

const NOBODY: Manager = {
  ready: () => undefined,
  reloading: () => undefined,
  stopping: () => undefined,
  handOver: () => false,
  listens: false,
  now: () => undefined,
};

/** Whether systemd has started this very process as a service: it waits for a word, has bound the sockets, or names the process (systemd.exec(5)). */
export function isManaged(inherited: readonly number[], environment: NodeJS.ProcessEnv = process.env): boolean {
  const { NOTIFY_SOCKET: notify, SYSTEMD_EXEC_PID: pid } = environment;
  return inherited.length > 0 || (notify !== undefined && notify !== '') || pid === String(process.pid);
}

/** @returns what does nothing where no manager asked to be told */
export async function findManager(environment: NodeJS.ProcessEnv = process.env): Promise<Manager> {
  const path = environment['NOTIFY_SOCKET'];
  if (path === undefined || path === '') return NOBODY;
  const { close } = await import('../../linux/libc/descriptors.ts');
  const { connect, socket } = await import('../../linux/libc/sockets.ts');
  const fd = socket(AF_UNIX, DATAGRAM_NONBLOCKING_CLOSE_ON_EXEC, 0);
  if (fd < 0) return NOBODY;
  if (connect(fd, encodeUnixAddress(path)) < 0) {
    close(fd);
    return NOBODY;
  }
  return managerAt(fd);
}

function managerAt(fd: number): Manager {
  let handedOver = false;
  const tell = (text: string): void => {
    if (handedOver) return; // of others it takes no word, and says so in the journal for each
    try {
      writeSync(fd, text);
    } catch {
      // The manager does not listen; that is no reason to stop.
    }
  };
  let said = '';
  let shown = '';
  return {
    ready: (status) => {
      if (status !== '') said = status;
      tell(`READY=1\nMAINPID=${process.pid}\n${status === '' ? '' : `STATUS=${printable(status)}\n`}`);
    },
    // CLOCK_MONOTONIC, which Type=notify-reload compares with the moment it asked.
    reloading: () => tell(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}\n`),
    stopping: () => tell('STOPPING=1\n'),
    handOver: (pid) => {
      tell(`MAINPID=${pid}\n`);
      handedOver = true;
      return true;
    },
    listens: true,
    now: (text) => {
      const line = printable(said === '' ? text : `${said}; ${text}`);
      if (line !== shown) tell(`STATUS=${line}\n`);
      shown = line;
    },
  };
}
