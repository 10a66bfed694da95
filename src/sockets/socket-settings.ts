/**
 * The `socket = a|l|r:...` lines of a service applied to a descriptor. On an IPv6 socket an option of the IP level is set at the
 * IPv6 level too, where that has one: at the IP level alone it would count for IPv4-mapped addresses only.
 */
import type { SocketOption } from '../config/config.ts';
import { setSocketOption } from '../linux/sockets/socket-options.ts';
import { systemError } from '../text/system-error.ts';

export type SocketFamily = 4 | 6 | 'unix';

/** Called with each option that was set. */
export type TellSetting = (set: { readonly option: string; readonly socket: SocketRoleName }) => void;

/** As stunnel calls them. */
export type SocketRoleName = 'accept' | 'local' | 'remote';

const IPV6_COUNTERPARTS: ReadonlyMap<string, string> = new Map([
  ['IP_TOS', 'IPV6_TCLASS'],
  ['IP_TTL', 'IPV6_UNICAST_HOPS'],
  ['IP_FREEBIND', 'IPV6_FREEBIND'],
]);

/**
 * @param family of the socket; what a family does not have is left out
 * @throws NodeJS.ErrnoException `setsockopt NAME: ...` for the first that the kernel refuses
 */
export function applySettings(
  fd: number,
  family: SocketFamily,
  options: readonly SocketOption[],
  role: SocketRoleName,
  tell: TellSetting,
): void {
  for (const { name, value } of options) {
    if (!belongsTo(name, family)) continue;
    const result = setSocketOption(fd, name, value);
    if (result < 0) throw systemError(`setsockopt ${name} (${role} socket)`, result);
    const counterpart = family === 6 ? IPV6_COUNTERPARTS.get(name) : undefined;
    if (counterpart !== undefined) setSocketOption(fd, counterpart, value);
    tell({ option: name, socket: role });
  }
}

function belongsTo(name: string, family: SocketFamily): boolean {
  if (name === 'SO_SNDLOWAT') return false; // Linux has it fixed at 1
  if (family === 'unix') return name.startsWith('SO_') && name !== 'SO_BINDTODEVICE';
  return family === 6 || !name.startsWith('IPV6_');
}
