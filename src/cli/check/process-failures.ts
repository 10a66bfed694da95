/**
 * What a start would fail at outside of its services' TLS: the library, the process's own files and sockets, the places of `acme`.
 * Each is asked of who would open it; no file is made and no port taken.
 */
import { lookup } from 'node:dns/promises';
import type { Config, ServiceConfig, TcpAddress } from '../../config/config.ts';
import type { OptionName } from '../../config/option-table.ts';
import { OptionError, OvercoatError } from '../../errors.ts';
import { describeSystemError } from '../../text/system-error.ts';

export interface ProcessFailure {
  /** The one that is to blame; '' where it is no line of a file. */
  readonly option: OptionName | '';
  /** What the start would throw. */
  readonly error: OvercoatError;
}

/** In the order in which a start meets them, all of them. */
export async function processFailures({ global, inetd }: Pick<Config, 'global' | 'inetd'>): Promise<readonly ProcessFailure[]> {
  const [{ findObstacles }, { prepareLibrary }, { refuseUnsafeEnvironment }] = await Promise.all([
    import('../../daemon/process/preflight.ts'),
    import('../../tls/material/providers.ts'),
    import('../../tls/material/environment.ts'),
  ]);
  return [
    ...blaming(
      '',
      failuresOf(() => refuseUnsafeEnvironment(process.env)),
    ),
    ...findObstacles({ global, inetd }),
    ...(inetd ? [] : await watchFailures(global)),
    ...(await addressFailures(
      'dnsListen',
      (global.dnsListen ?? []).filter((each) => each.kind === 'tcp'),
    )),
    ...blaming(
      '',
      failuresOf(() => prepareLibrary(global)),
    ),
  ];
}

/** The control socket, the status port and the records. */
async function watchFailures({ watch }: Config['global']): Promise<readonly ProcessFailure[]> {
  const [{ readSecured, readToken }, { foreseeControl }, { foreseeRecords }] = await Promise.all([
    import('../../status/http/secured.ts'),
    import('../../status/http/control-socket.ts'),
    import('../../observe/sinks.ts'),
  ]);
  const { control, status, statusToken, records } = watch;
  const socket = control === undefined || control === 'auto' ? [] : failuresOf(() => foreseeControl(control));
  const readers = status === undefined ? [] : [...failuresOf(() => readSecured(watch)), ...failuresOf(() => readToken(statusToken))];
  const place = records === undefined ? [] : failuresOf(() => foreseeRecords(records));
  return [
    ...blaming('control', socket),
    ...blaming('status', readers),
    ...(await addressFailures('status', status === undefined ? [] : [status])),
    ...blaming('records', place),
  ];
}

/** What the certificates of a service that are asked for would be kept in and proved at. */
export async function acmeFailures(service: ServiceConfig): Promise<readonly ProcessFailure[]> {
  if (service.acme === undefined) return [];
  const { foreseeAcmeStore } = await import('../../daemon/acme-places.ts');
  const { http } = service.acme;
  return [
    ...blaming(
      'acmeStore',
      failuresOf(() => foreseeAcmeStore(service)),
    ),
    ...(await addressFailures('acmeHttp', http === undefined ? [] : [http])),
  ];
}

/** Each is bound for a moment with a port of the kernel's choice, since whoever has the port now may be the daemon that is looked at. */
async function addressFailures(option: OptionName, addresses: readonly TcpAddress[]): Promise<readonly ProcessFailure[]> {
  const { bindTcp } = await import('../../sockets/bound-socket.ts');
  const failures: ProcessFailure[] = [];
  for (const { host, port } of addresses.filter(({ host }) => host !== '')) {
    try {
      bindTcp({ address: (await lookup(host)).address, port: 0 }).close();
    } catch (cause) {
      const { text, errno } = describeSystemError(cause);
      const message = `${host}:${port}: ${text} (${errno}); name an address of this machine`;
      failures.push({ option, error: new OvercoatError('start_bind', message, cause) });
    }
  }
  return failures;
}

/** @param option of those that do not say it themselves */
function blaming(option: OptionName | '', errors: readonly OvercoatError[]): readonly ProcessFailure[] {
  return errors.map((error) => ({ option: error instanceof OptionError ? (error.option as OptionName) : option, error }));
}

/** What a step throws of ours; anything else is a defect and passes. */
export function failuresOf(step: () => void): readonly OvercoatError[] {
  try {
    step();
    return [];
  } catch (error) {
    if (!(error instanceof OvercoatError)) throw error;
    return [error];
  }
}
