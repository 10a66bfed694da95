/**
 * The system log. The datagrams are written here, on a socket that never blocks: syslog(3) waits for ever when the log daemon hangs, and
 * would take the traffic with it.
 */
import { LogSocket } from './log-socket.ts';

const PATH = '/dev/log';
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
  return new SyslogSocket(ident, facilityNumber(facility) << 3);
}

/** @param facility as `openSyslog` has it */
export function facilityNumber(facility: string): number {
  const known = FACILITIES.indexOf(facility);
  return known < 0 ? DAEMON : known;
}

class SyslogSocket implements Syslog {
  readonly #ident: string;
  readonly #facility: number;
  readonly #socket = new LogSocket(PATH);

  constructor(ident: string, facility: number) {
    this.#ident = ident;
    this.#facility = facility;
  }

  write(level: number, text: string): boolean {
    const datagram = `<${this.#facility | level}>${stamp(new Date())} ${this.#ident}[${process.pid}]: ${text}`;
    return this.#socket.send(datagram) === 'sent' || !this.#socket.everConnected;
  }

  close(): void {
    this.#socket.close();
  }
}

/** RFC 3164 section 4.1.2: local time, the day padded with a blank. */
function stamp(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = String(time.getDate()).padStart(2, ' ');
  return `${MONTHS[time.getMonth()]} ${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
