/** How facts are said. Pure text. */
import { ageText } from '../../text/units.ts';
import type { Connection } from './answers.ts';

/** `14:03:22`, where the reader is. */
export function clockText(when: string | number): string {
  return new Date(when).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
}

/** `2026-11-28`. */
export function dateText(when: string): string {
  return when.slice(0, 10);
}

/** `2 minutes ago`, coarsely. */
export function agoText(when: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(when)) / 1000));
  return seconds < 5 ? 'just now' : `${ageText(seconds).split(' ')[0]} ago`;
}

/** Where a connection goes, by the best that is known. */
export function destinationOf({
  name,
  upstream,
  originalDestination,
}: Pick<Connection, 'name' | 'upstream' | 'originalDestination'>): string {
  return name || upstream || originalDestination || 'not known yet';
}

/** Without its port. */
export function hostOf(client: string): string {
  const colon = client.lastIndexOf(':');
  return colon < 0 ? client : client.slice(0, colon);
}

/** `1 connection`, `2 connections`. */
export function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

/** `0.25 s`, `5 ms`. */
export function secondsText(seconds: number | null): string {
  if (seconds === null) return 'over 30 s';
  return seconds < 1 ? `${Math.round(seconds * 10_000) / 10} ms` : `${seconds} s`;
}

const NAME_SOURCES: Readonly<Record<string, string>> = {
  config: 'from the configuration',
  map: 'from the name map',
  protocol: 'said by the client',
  dns: 'from its DNS query',
  hosts: 'from the hosts file',
  client: 'asked for by the client',
  none: 'nobody knew one',
};

export function nameSourceText(source: string): string {
  return NAME_SOURCES[source] ?? source;
}

export function daysText(daysLeft: number | null): string {
  if (daysLeft === null) return 'no end';
  if (daysLeft < 0) return `ended ${counted(-daysLeft, 'day')} ago`;
  return `${counted(daysLeft, 'day')} left`;
}
