/**
 * The system log by syslog(3). It is opened without delay, so it goes on working after chroot and setuid; the process has one
 * ident and facility at a time, so opening again replaces them.
 */
import { closelog, openlog, syslog } from './libc.ts';

const LOG_PID = 0x01;
const LOG_NDELAY = 0x08;

/** Facility numbers of syslog.h, already shifted by 3. */
const FACILITIES: ReadonlyMap<string, number> = new Map(
  ['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp']
    .map((name, index): [string, number] => [name, index << 3])
    .concat(
      ['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'].map((name, index) => [name, (16 + index) << 3]),
    ),
);

export interface Syslog {
  /** @param level 0 to 7, syslog's severities */
  write(level: number, text: string): void;
  close(): void;
}

/** @param facility lower case, without LOG_; an unknown one is `daemon` */
export function openSyslog(ident: string, facility: string): Syslog {
  const number = FACILITIES.get(facility) ?? 3 << 3;
  openlog(ident, LOG_PID | LOG_NDELAY, number);
  return { write: (level, text) => syslog(number | level, text), close: () => void closelog() };
}
