/**
 * The system log. The datagrams are written here, on a socket that never blocks: syslog(3) waits for ever when the log daemon hangs, and
 * would take the traffic with it. The socket is connected when opened, so it works after chroot and setuid; a log daemon that restarts is
 * found again where its path still is.
 */
import { existsSync, writeSync } from 'node:fs';
import { close, connect, socket } from './libc.ts';
import { AF_UNIX, encodeUnixAddress } from './sockets/socket-address.ts';

const DATAGRAM_NONBLOCKING_CLOSE_ON_EXEC = 2 | 0o4000 | 0o2000000;
const PATH = '/dev/log';
const RECONNECT_MS = 1000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Facility numbers of syslog.h (man 3 syslog). */
const FACILITIES: readonly string[] = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp', '', '', '', ''],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];
const DAEMON = 3;

export interface Syslog {
  /**
   * @param level 0 to 7, syslog's severities
   * @returns false when a log daemon was there once and does not take the line
   */
  write(level: number, text: string): boolean;
  close(): void;
}

/**
 * @param ident the name before the process id; the caller keeps it printable
 * @param facility lower case, without LOG_; an unknown one is `daemon`
 */
export function openSyslog(ident: string, facility: string): Syslog {
  const known = FACILITIES.indexOf(facility);
  const number = (known < 0 ? DAEMON : known) << 3;
  return new SyslogSocket(ident, number);
}

class SyslogSocket implements Syslog {
  readonly #ident: string;
  readonly #facility: number;
  #fd = -1;
  #everConnected = false;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(ident: string, facility: number) {
    this.#ident = ident;
    this.#facility = facility;
    this.#connect();
  }

  write(level: number, text: string): boolean {
    const datagram = `<${this.#facility | level}>${stamp(new Date())} ${this.#ident}[${process.pid}]: ${text}`;
    if (this.#fd >= 0 && this.#send(datagram)) return true;
    return (this.#connect() && this.#send(datagram)) || !this.#everConnected;
  }

  close(): void {
    if (this.#fd >= 0) close(this.#fd);
    this.#fd = -1;
  }

  #send(datagram: string): boolean {
    try {
      writeSync(this.#fd, datagram);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.close(); // the log daemon is gone; EAGAIN: it is slow
      return false;
    }
  }

  /** At most once a second, so that a missing log daemon costs nothing. */
  #connect(): boolean {
    const now = performance.now();
    if (this.#fd >= 0 || now - this.#triedAt < RECONNECT_MS) return false;
    this.#triedAt = now;
    if (!existsSync(PATH)) return false;
    const fd = socket(AF_UNIX, DATAGRAM_NONBLOCKING_CLOSE_ON_EXEC, 0);
    if (fd < 0) return false;
    if (connect(fd, encodeUnixAddress(PATH)) < 0) {
      close(fd);
      return false;
    }
    this.#fd = fd;
    this.#everConnected = true;
    return true;
  }
}

/** RFC 3164 section 4.1.2: local time, the day padded with a blank. */
function stamp(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = String(time.getDate()).padStart(2, ' ');
  return `${MONTHS[time.getMonth()]} ${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
