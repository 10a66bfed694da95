/** Pieces that several lines are made of. */
import type { EventContext } from '../events.ts';

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

/** The stack of a defect of ours, on one line. */
export function stackText(stack: string): string {
  return stack.split('\n').join(' | ');
}
