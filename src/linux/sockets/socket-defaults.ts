/** What the system sets on a new socket, as text for a list. */
import { close } from '../libc/descriptors.ts';
import { socket } from '../libc/sockets.ts';
import { AF_INET, AF_INET6 } from './socket-address.ts';
import type { SocketOptionValue } from './socket-options.ts';
import { readSocketOption } from './socket-options.ts';

const SOCK_STREAM = 1;

/**
 * Makes one socket of each address family and reads the options from it.
 * @param options name and kind of value of each
 * @returns without those that cannot be read
 */
export function socketDefaultTexts(options: ReadonlyMap<string, SocketOptionValue['kind']>): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [family, isOfFamily] of [
    [AF_INET, (name: string) => !name.startsWith('IPV6_')],
    [AF_INET6, (name: string) => name.startsWith('IPV6_')],
  ] as const) {
    const fd = socket(family, SOCK_STREAM, 0);
    if (fd < 0) continue;
    for (const [name, kind] of options) {
      const value = isOfFamily(name) ? readSocketOption(fd, name, kind) : undefined;
      if (value !== undefined) texts.set(name, textOf(value));
    }
    close(fd);
  }
  return texts;
}

function textOf(value: SocketOptionValue): string {
  switch (value.kind) {
    case 'flag':
      return value.on ? 'yes' : 'no';
    case 'int':
      return String(value.value);
    case 'linger':
      return `${value.on ? 1 : 0}:${value.seconds}`;
    case 'timeval':
      return `${value.seconds}:${value.microseconds}`;
    case 'text':
      return value.text;
  }
}
