/** `debug = [facility.]level`, with the names of syslog(3). */
import type { LogLevel } from '../config.ts';
import type { Parser } from './values.ts';
import { bad, good } from './values.ts';

const LEVELS: readonly string[] = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

const FACILITIES: ReadonlySet<string> = new Set([
  'auth',
  'authpriv',
  'cron',
  'daemon',
  'ftp',
  'kern',
  'lpr',
  'mail',
  'news',
  'ntp',
  'syslog',
  'user',
  'uucp',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
]);

export interface DebugValue {
  /** undefined: the value names no facility. */
  readonly facility: string | undefined;
  readonly level: LogLevel;
}

/** A level by name or as 0 to 7, in front of it a facility and a dot. Where facilities are allowed is for the caller to judge. */
export const debug: Parser<DebugValue> = (text) => {
  const dot = text.indexOf('.');
  const facility = dot < 0 ? undefined : text.slice(0, dot).toLowerCase();
  if (facility !== undefined && !FACILITIES.has(facility)) {
    return bad(`"${facility}" is not a syslog facility; write daemon, local0 to local7 or another of syslog(3)`, 'Illegal syslog facility');
  }
  const level = levelOf(text.slice(dot + 1));
  if (level === undefined) return bad(`"${text}" is not a log level; write 0 to 7 or ${LEVELS.join(', ')}`, 'Illegal debug level');
  return good({ facility, level });
};

function levelOf(text: string): LogLevel | undefined {
  const named = LEVELS.indexOf(text.toLowerCase());
  const number = text.length === 1 && text >= '0' && text <= '7' ? Number(text) : named;
  return number < 0 ? undefined : (number as LogLevel);
}
