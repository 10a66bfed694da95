/** Two ends make a service: one where connections come from, one where they go. */

import type { ExecConfig, ServiceConfig, SocketOption, SocketsConfig } from '../config.ts';
import type { OptionName } from '../option-table.ts';
import { isProxy } from '../protocol-names.ts';
import type { Draft } from '../read/draft.ts';
import type { SocketRole } from '../values/socket-options.ts';
import type { Report } from './report.ts';

/** What can be an end; where one of them has a bad value, the count is not judged. */
const ENDPOINTS: readonly OptionName[] = ['accept', 'connect', 'exec', 'transparent', 'protocol', 'sni', 'client'];

export function checkEndpoints(draft: Draft, { virtualHost }: ServiceConfig, inetd: boolean, report: Report): void {
  if (inetd && draft.isWritten('accept')) {
    const text = 'without a [section] the socket comes from inetd, so there is nothing to listen on; put a [name] above the service';
    report.error('accept', text, "'accept' option is only allowed in a [section]");
    return;
  }
  if (ENDPOINTS.some((option) => draft.isBroken(option))) return;
  const ends = endpointsOf(draft);
  if (ends.includes('sni') && virtualHost === undefined) return; // it names no service, a mistake of its own
  if (ends.length === (inetd ? 1 : 2)) return;
  const found = ends.length === 0 ? 'none' : ends.join(', ');
  if (inetd)
    report.error(
      'connect',
      `without a [section] there must be one of connect and exec; there is: ${found}`,
      'Inetd mode must define one endpoint',
    );
  else {
    const text = `a service has two ends, usually accept and one of connect, exec, transparent = destination; there is: ${found}`;
    report.error(ends.includes('accept') ? 'connect' : 'accept', text, 'Each service must define two endpoints');
  }
}

/** It starts all the same, as under stunnel, and every connection fails. */
export function checkTargets({ name, connect, redirect }: ServiceConfig, report: Report): void {
  for (const [option, addresses] of [
    ['connect', connect],
    ['redirect', redirect],
  ] as const) {
    if (!addresses.some((address) => address.kind === 'tcp' && address.port === 0 && address.unknownPort === undefined)) continue;
    const text = 'nobody can be reached at port 0; write the port of the server';
    report.warn(option, text, `Service [${name}] has port 0 in ${option}: ${text}`);
  }
}

/** stunnel preloads a library into the program, so that it sees the client's address as its peer's. */
export function checkExec(draft: Draft, report: Report): void {
  if (draft.one('pty') === true && draft.one('chroot') !== undefined) {
    const reason = 'the terminal is made the program’s own by a helper that is not inside the chroot; leave out one of the two';
    report.error('pty', reason, "'pty' is not available with 'chroot'", 'config_not_available');
  }
  const transparent = draft.one('transparent');
  if (!draft.isWritten('exec') || transparent === undefined || !(transparent.source || transparent.destination)) return;
  const text = "a program cannot be made to see the client's address as that of its socket; remove the line, the address is in REMOTE_HOST";
  report.error('transparent', text, "Transparent proxy is not available with 'exec'", 'config_not_available');
}

const STANDARD_STREAMS: ReadonlySet<string> = new Set(['/dev/stdout', '/dev/stderr']);

/** In inetd mode the standard streams are the client. */
export function checkInetdOutput(draft: Draft, report: Report): void {
  const output = draft.one('output');
  if (output === undefined || !STANDARD_STREAMS.has(output)) return;
  const text = 'without a [section] the standard streams are the client, who would read the log; name a file, or leave it to syslog';
  report.error('output', text, "'output' cannot be the socket of inetd mode");
}

function endpointsOf(draft: Draft): readonly string[] {
  const server = draft.one('client') !== true;
  const protocol = draft.one('protocol');
  const ends: string[] = (['accept', 'connect', 'exec'] as const).filter((option) => draft.isWritten(option));
  if (server && draft.one('sni') !== undefined && draft.one('sni') !== '') ends.push('sni');
  if (draft.one('transparent')?.destination === true) ends.push('transparent');
  if (server && isProxy(protocol)) {
    // stunnel wants a connect line beside protocol = connect although it is never used; it may be left out here.
    if (protocol === 'socks' || !ends.includes('connect')) ends.push(`protocol = ${protocol}`);
  }
  return ends;
}

export function resolveExec(draft: Draft): ExecConfig | undefined {
  const path = draft.one('exec');
  if (path === undefined) return undefined;
  const args = draft.one('execArgs') ?? [];
  return {
    path,
    args: args.length === 0 ? [path] : args,
    pty: draft.one('pty') ?? false,
    errors: draft.one('foreground') === 'yes' ? 'ours' : 'peer',
  };
}

/** The last line about an option of a socket counts. */
export function resolveSockets(draft: Draft): SocketsConfig {
  const settings = draft.all('socket');
  const of = (socket: SocketRole): ReadonlyMap<string, SocketOption> =>
    new Map(settings.filter((setting) => setting.socket === socket).map(({ option }) => [option.name, option]));
  const noDelay = (options: ReadonlyMap<string, SocketOption>): boolean => {
    const value = options.get('TCP_NODELAY')?.value;
    return value?.kind !== 'flag' || value.on;
  };
  const others = (options: ReadonlyMap<string, SocketOption>): readonly SocketOption[] =>
    [...options.values()].filter(({ name }) => name !== 'TCP_NODELAY');
  const [local, remote] = [of('local'), of('remote')];
  return {
    accept: [...of('accept').values()],
    local: others(local),
    remote: others(remote),
    localNoDelay: noDelay(local),
    remoteNoDelay: noDelay(remote),
  };
}
