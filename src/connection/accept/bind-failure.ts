/** An address that could not be had: as an event for the log, and as the one line that ends a start. */
import { constants } from 'node:os';
import type { ServiceConfig } from '../../config/config.ts';
import { wordFor } from '../../config/flag-names.ts';
import { OvercoatError } from '../../errors.ts';
import type { Observe } from '../../observe/events.ts';
import { plainSystemError } from '../../text/system-error.ts';

export interface BindFailure {
  /** `HOST:PORT` or a path. */
  readonly address: string;
  readonly text: string;
  /** 0 where the kernel was not asked (a name without an address). */
  readonly errno: number;
  /** The service of this process that has the address. */
  readonly holder: string | undefined;
}

interface Listening<Bound> {
  readonly observe: Observe;
  /** Fails as listen(2) does. */
  readonly listen: (binding: Bound) => Promise<void> | void;
  readonly giveUp: (binding: Bound) => void;
}

const { EACCES, EADDRINUSE, EADDRNOTAVAIL, EISDIR, ENOENT } = constants.errno;
const ADVICE: ReadonlyMap<number, string> = new Map([
  [
    EADDRINUSE,
    'another program listens there (`ss -ltnp` names it; of a Unix socket: a file of that name is there): stop it, or change `accept`',
  ],
  [EACCES, 'ports below 1024 need root or CAP_NET_BIND_SERVICE, a Unix socket needs a folder you may write to'],
  [EISDIR, 'a Unix socket is a file of its own: name one in that folder, or remove the folder'],
  [ENOENT, 'the folder of a Unix socket must exist'],
  [EADDRNOTAVAIL, 'no interface of this machine has that address'],
]);

/** @param cause of bind(2), listen(2) or an option set before */
export function bindFailure(address: string, cause: unknown): BindFailure {
  // The fence lets every address of the configuration be bound.
  const { text, errno } = plainSystemError(cause);
  const call = (cause as NodeJS.ErrnoException).syscall ?? '';
  return { address, text: call.startsWith('setsockopt') ? `${call}: ${text}` : text, errno, holder: undefined };
}

/** An address that a service of ours has; in the kernel's words, as it would have refused the second to listen. */
export function takenBy(holder: string, address: string): BindFailure {
  return { address, text: 'Address already in use', errno: EADDRINUSE, holder };
}

/**
 * Has each binding of a service listen. Those that cannot (the kernel lets several sockets be bound to an address and only one listen)
 * are reported and given up.
 * @throws OvercoatError `start_bind` when that leaves none
 */
export async function listenOnEach<Bound extends { readonly text: string }>(
  bindings: readonly Bound[],
  service: ServiceConfig,
  { observe, listen, giveUp }: Listening<Bound>,
): Promise<void> {
  const failures: BindFailure[] = [];
  for (const binding of bindings) {
    try {
      await listen(binding);
    } catch (cause) {
      const failure = bindFailure(binding.text, cause);
      failures.push(failure);
      reportBindFailure(failure, service, observe);
      giveUp(binding);
    }
  }
  if (failures.length === bindings.length) throw cannotListen(service, failures);
}

export function reportBindFailure(failure: BindFailure, service: ServiceConfig, observe: Observe): void {
  observe({ kind: 'bind-failed', ...failure }, { id: 'ui', service });
}

/** For a service that has none of its addresses. */
export function cannotListen(config: ServiceConfig, failures: readonly BindFailure[]): OvercoatError {
  const { name, origin } = config;
  const described = failures.map((failure) => describedFailure(failure, name)).join(', nor on ');
  const text = `Service [${name}] cannot listen on ${described}`;
  return new OvercoatError('start_bind', origin === 'command' ? text.replaceAll('`accept`', wordFor('accept', config)) : text);
}

/** For an address of the process itself. @param option where it is written, in the place of `accept` */
export function cannotBind(option: string, address: string, cause: unknown): OvercoatError {
  const text = `Error binding ${option} to ${describedFailure(bindFailure(address, cause), '')}`;
  return new OvercoatError('start_bind', text.replaceAll('`accept`', `\`${option}\``), cause);
}

/** `127.0.0.1:443: Address already in use (98); what to do`. @param service whose address it is */
export function describedFailure(failure: BindFailure, service: string): string {
  const { address, text, errno } = failure;
  const advice = adviceFor(failure, service);
  return `${address}: ${text}${errno === 0 ? '' : ` (${errno})`}${advice === undefined ? '' : `; ${advice}`}`;
}

function adviceFor({ errno, holder }: BindFailure, service: string): string | undefined {
  if (holder === undefined) return ADVICE.get(errno);
  if (holder === service) return 'another `accept` line of this service has it already';
  return `service [${holder}] listens there: change \`accept\` of one of them`;
}
