/**
 * The `socket = a|l|r:...` lines of a service applied to a descriptor. On an IPv6 socket an option of the IP level is set at the
 * IPv6 level too, where that has one: at the IP level alone it would count for IPv4-mapped addresses only.
 */
import type { SocketOption } from '../config/config.ts';
import { setSocketOption } from '../linux/sockets/socket-options.ts';
import { sentenceOf, systemError } from '../text/system-error.ts';

export type SocketFamily = 4 | 6 | 'unix';

/** What has become of one option; `text` and `errno` (positive) are the kernel's. */
export type SettingOutcome =
  | { readonly kind: 'socket-option-set'; readonly option: string; readonly socket: SocketRoleName }
  | {
      readonly kind: 'socket-option-refused';
      readonly option: string;
      readonly socket: SocketRoleName;
      readonly text: string;
      readonly errno: number;
    };

/** Called with each option. */
export type TellSetting = (outcome: SettingOutcome) => void;

/** As stunnel calls them. */
export type SocketRoleName = 'accept' | 'local' | 'remote';

const IPV6_COUNTERPARTS: ReadonlyMap<string, string> = new Map([
  ['IP_TOS', 'IPV6_TCLASS'],
  ['IP_TTL', 'IPV6_UNICAST_HOPS'],
  ['IP_FREEBIND', 'IPV6_FREEBIND'],
]);

/** Without these a connection would go another way than the user has said. */
const INDISPENSABLE: ReadonlySet<string> = new Set(['SO_BINDTODEVICE', 'IP_FREEBIND']);

/**
 * What the kernel refuses for a connection is told, and the connection goes on without, as in stunnel.
 * @param family of the socket; what a family does not have is left out
 * @throws NodeJS.ErrnoException `setsockopt NAME: ...` for the first that is refused and that a listener, or anybody, cannot do without
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
    if (result < 0) {
      if (role === 'accept' || INDISPENSABLE.has(name)) throw systemError(`setsockopt ${name} (${role} socket)`, result);
      tell({ kind: 'socket-option-refused', option: name, socket: role, text: sentenceOf(result), errno: -result });
      continue;
    }
    const counterpart = family === 6 ? IPV6_COUNTERPARTS.get(name) : undefined;
    if (counterpart !== undefined) setSocketOption(fd, counterpart, value);
    tell({ kind: 'socket-option-set', option: name, socket: role });
  }
}

function belongsTo(name: string, family: SocketFamily): boolean {
  if (name === 'SO_SNDLOWAT') return false; // Linux has it fixed at 1
  if (family === 'unix') return name.startsWith('SO_') && name !== 'SO_BINDTODEVICE';
  return family === 6 || !name.startsWith('IPV6_');
}
