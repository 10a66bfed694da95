/** Pieces that several lines are made of. */
import type { LogLevel } from '../../config/config.ts';
import { printable } from '../../text/printable.ts';
import type { EventContext, OvercoatEvent } from '../events.ts';
import type { Row } from './row.ts';
import { INFO } from './row.ts';

/** What a peer chose takes no more of a line than this, in characters. */
export const FIELD = 120;

/** Where a connection goes: `www.example.org (203.0.113.4:443)`; an address that is also the name is said once; '' for nowhere yet. */
export function targetText(name: string, address: string): string {
  if (name === '' || address.startsWith(`${name}:`)) return printable(address, FIELD);
  return `${printable(name, FIELD)}${address === '' ? '' : ` (${printable(address, FIELD)})`}`;
}

export function traffic(toTls: number, toPlain: number): string {
  return `${toTls} byte(s) sent to TLS, ${toPlain} byte(s) sent to socket`;
}

export function service(context: EventContext): string {
  return `Service [${context.service?.name ?? ''}]`;
}

export function serviceInside(context: EventContext): string {
  return `service [${context.service?.name ?? ''}]`;
}

/** ` (111)`; nothing where the error does not come from the operating system. */
export function number(errno: number): string {
  return errno === 0 ? '' : ` (${errno})`;
}

/** `10 s`, `2.5 s`. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

/**
 * The level of a line that the one at the end of a failed connection says better: stunnel's in a file's log, which programs read, and
 * only for those who ask (`--debug 6`) where a command has no file.
 */
export function detail(level: LogLevel, { service: about }: EventContext): LogLevel {
  return about?.origin === 'command' && level < INFO ? INFO : level;
}

/** A row of one such line. */
export function detailed<Event extends OvercoatEvent>(level: LogLevel, text: (event: Event) => string): Row<Event> {
  return { level, lines: (event, context) => [{ level: detail(level, context), text: text(event) }] };
}

/** The stack of a defect of ours, on one line. */
export function stackText(stack: string): string {
  return stack.split('\n').join(' | ');
}
