/**
 * What is wrong with a configuration on this machine: its files, programs and addresses, looked at as a start would, by the same
 * functions and without taking a port or writing a file.
 */
import type { Config, ServiceConfig } from '../../config/config.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Problem } from '../../config/problem.ts';
import type { ErrorCode, OvercoatError } from '../../errors.ts';
import { pathsRead, recordingFiles } from '../../start-files.ts';
import type { UsedFiles } from '../../tls/material/exposed-files.ts';
import type { KeyLog } from '../../tls/material/key-log.ts';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import type { ServiceTls } from '../../tls/service-tls.ts';
import { acmeFailures, failuresOf, processFailures } from './process-failures.ts';

export interface MachineOptions {
  /** What is only a warning elsewhere is an error. */
  readonly strict: boolean;
  readonly ask: AskPassphrase;
}

/** All of them, none thrown. An unusable certificate does not hide what else is wrong with its service. */
export async function machineProblems(loaded: LoadedConfig, options: MachineOptions): Promise<readonly Problem[]> {
  const { sketch } = loaded;
  if (sketch === undefined) return [];
  const { servicesOf } = await import('../../daemon/services.ts');
  const config = { ...sketch, services: servicesOf(sketch) };
  const failures = await processFailures(config); // `fips` first: it counts for every context
  const found: (readonly Problem[])[] = [
    failures.map(({ option, error }) => atOption(error, { option, at: loaded.placeOf(undefined, option) })),
  ];
  const used: UsedFiles[] = [];
  for (const index of config.services.keys()) {
    const service = await serviceProblems(loaded, config, index, options);
    found.push(service.problems);
    used.push(service.used);
  }
  const { exposedFiles } = await import('../../tls/material/exposed-files.ts');
  const exposed = exposedFiles(used).map(({ index, text }) => blamed(loaded, index, 'config_unsafe', gravity(options), text));
  return [...found.flat(), ...exposed, ...(await listeningProblems(loaded, config))];
}

function gravity({ strict }: MachineOptions): Problem['severity'] {
  return strict ? 'error' : 'warning';
}

interface ServiceFindings {
  readonly problems: readonly Problem[];
  readonly used: UsedFiles;
}

/** Opens what a service names: keys, certificates, trust, the map of names. */
async function serviceProblems(loaded: LoadedConfig, config: Config, index: number, options: MachineOptions): Promise<ServiceFindings> {
  const [{ prepareServiceTls }, { prepareNames }, { flawsOf }, { foreseeKeyLog }, { unreadableAtReload }] = await Promise.all([
    import('../../tls/service-tls.ts'),
    import('../../names/service-names.ts'),
    import('../../daemon/process/flaws.ts'),
    import('../../tls/material/key-log.ts'),
    import('./reload-access.ts'),
  ]);
  const openKeyLog = (path: string): KeyLog => {
    foreseeKeyLog(path);
    return () => undefined;
  };
  const problems: Problem[] = [];
  const open = (service: ServiceConfig): ServiceTls | undefined => {
    let tls: ServiceTls | undefined;
    const { result: failures, files } = recordingFiles(() =>
      failuresOf(() => {
        tls = prepareServiceTls(service, options.ask, { openKeyLog });
        prepareNames(service, 'nameMap =');
      }),
    );
    for (const { code, message } of failures) problems.push(blamed(loaded, index, code, 'error', message));
    if (failures.length === 0) {
      const read = service.reloadCerts === 'no' ? [...new Set(pathsRead(files))] : []; // else the reader does it
      const later = unreadableAtReload(config.global, read);
      problems.push(...later.map((text) => ({ ...blamed(loaded, index, 'config_key_material', 'warning', text), unsafe: false })));
      return tls;
    }
    if (problems.at(-1)?.option === 'cert' || problems.at(-1)?.option === 'key') open(withoutCertificate(service));
    return undefined;
  };
  const service = config.services[index] as ServiceConfig;
  const tls = open(service);
  for (const { option, error } of await acmeFailures(service))
    problems.push(atOption(error, { option, at: loaded.placeOf(index, option) }));
  if (tls !== undefined) {
    problems.push(...tls.warnings.map((text) => blamed(loaded, index, 'config_unsafe', gravity(options), text)));
    for (const { code, option, text } of await flawsOf(config, index, tls))
      problems.push(problem(code, 'error', { option, at: loaded.placeOf(index, option) }, text));
  }
  return {
    // Beside mistakes in the lines only what a line is to blame for is news.
    problems: problems.filter(({ option }) => loaded.config !== undefined || option !== ''),
    used: { service: service.name, exposed: tls?.exposed ?? [] },
  };
}

/** To go on behind a certificate that cannot be used. Only a client can do without. */
function withoutCertificate(service: ServiceConfig): ServiceConfig {
  return { ...service, mode: 'client', tls: { ...service.tls, cert: undefined, key: undefined } };
}

/** The place already names the option. */
function blamed(loaded: LoadedConfig, index: number, code: ErrorCode, severity: Problem['severity'], message: string): Problem {
  const origin = loaded.blame(index, message);
  const text = message.startsWith(`${origin.option} = `) ? message.slice(origin.option.length + 3) : message;
  return problem(code, severity, origin, text);
}

/** A line that is lost is a warning while its service has another one, since a start goes on too. */
async function listeningProblems({ placeOf }: LoadedConfig, { services }: Config): Promise<readonly Problem[]> {
  const [{ foreseeListening }, { findRing, ringError }] = await Promise.all([
    import('../../connection/accept/foreseen-listening.ts'),
    import('../../connection/accept/rings.ts'),
  ]);
  const ring = findRing(services.map((config) => ({ config, resolved: undefined }))) ?? [];
  const first = services.findIndex((config) => ring.includes(config));
  const circular = ring.length === 0 ? [] : [atOption(ringError(ring), { option: 'connect', at: placeOf(first, 'connect') })];
  const lost = (await foreseeListening(services)).map(({ service, line, text, fatal }) =>
    problem('start_bind', fatal ? 'error' : 'warning', { option: 'accept', at: placeOf(service, 'accept', line) }, text),
  );
  return [...circular, ...lost];
}

interface Origin {
  readonly option: string;
  readonly at: { readonly file: string; readonly line: number };
}

function problem(code: ErrorCode, severity: Problem['severity'], { option, at }: Origin, text: string): Problem {
  return { code, severity, unsafe: severity === 'warning', file: at.file, line: at.line, option, text, stunnelText: text };
}

function atOption({ code, message }: OvercoatError, origin: Origin): Problem {
  return problem(code, 'error', origin, message);
}
