/**
 * What is wrong with a configuration on this machine: its files, programs and addresses, looked at as a start would, by the same
 * functions and without taking a port or writing a file.
 */
import type { Config, Problem, ServiceConfig } from '../../config/config.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { OptionName } from '../../config/option-table.ts';
import type { ErrorCode } from '../../errors.ts';
import { OvercoatError } from '../../errors.ts';
import type { AskPassphrase } from '../../tls/key-material.ts';
import type { ServiceTls } from '../../tls/service-tls.ts';

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
  const found = [await processProblems(loaded, config)]; // `fips` first: it counts for every context
  for (const index of config.services.keys()) found.push(await serviceProblems(loaded, config, index, options));
  return [...found.flat(), ...(await listeningProblems(loaded, config))];
}

async function processProblems({ placeOf }: LoadedConfig, { global, inetd }: Config): Promise<readonly Problem[]> {
  const [{ findObstacles }, { requireFips }, { refuseUnsafeEnvironment }] = await Promise.all([
    import('../../daemon/preflight.ts'),
    import('../../tls/fips.ts'),
    import('../../tls/environment.ts'),
  ]);
  const at = (option: OptionName | '', { code, message }: OvercoatError): Problem =>
    problem(code, 'error', { option, at: placeOf(undefined, option) }, message);
  return [
    ...failuresOf(() => refuseUnsafeEnvironment(process.env)).map((error) => at('', error)),
    ...findObstacles({ global, inetd }).map(({ option, error }) => at(option, error)),
    ...(global.fips ? failuresOf(requireFips) : []).map((error) => at('fips', error)),
  ];
}

/** Opens what a service names: keys, certificates, trust, the map of names. */
async function serviceProblems(loaded: LoadedConfig, config: Config, index: number, options: MachineOptions): Promise<readonly Problem[]> {
  const [{ prepareServiceTls }, { prepareNames }, { flawsOf }] = await Promise.all([
    import('../../tls/service-tls.ts'),
    import('../../names/service-names.ts'),
    import('../../daemon/flaws.ts'),
  ]);
  const problems: Problem[] = [];
  const open = (service: ServiceConfig): ServiceTls | undefined => {
    let tls: ServiceTls | undefined;
    const [error] = failuresOf(() => {
      tls = prepareServiceTls(service, options.ask);
      prepareNames(service);
    });
    if (error === undefined) return tls;
    const found = blamed(loaded, index, error.code, 'error', error.message);
    problems.push(found);
    if (found.option === 'cert' || found.option === 'key') open(withoutCertificate(service));
    return undefined;
  };
  const tls = open(config.services[index] as ServiceConfig);
  if (tls !== undefined) {
    const severity = options.strict ? 'error' : 'warning';
    problems.push(...tls.warnings.map((text) => blamed(loaded, index, 'config_unsafe', severity, text)));
    for (const { code, option, text } of await flawsOf(config, index, tls))
      problems.push(problem(code, 'error', { option, at: loaded.placeOf(index, option) }, text));
  }
  // Beside mistakes in the lines only what a line is to blame for is news.
  return problems.filter(({ option }) => loaded.config !== undefined || option !== '');
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
  const { foreseeListening } = await import('../../connection/foreseen-listening.ts');
  return (await foreseeListening(services)).map(({ service, line, text, fatal }) =>
    problem('start_bind', fatal ? 'error' : 'warning', { option: 'accept', at: placeOf(service, 'accept', line) }, text),
  );
}

interface Origin {
  readonly option: string;
  readonly at: { readonly file: string; readonly line: number };
}

function problem(code: ErrorCode, severity: Problem['severity'], { option, at }: Origin, text: string): Problem {
  return { code, severity, unsafe: severity === 'warning', file: at.file, line: at.line, option, text, stunnelText: text };
}

function failuresOf(step: () => void): readonly OvercoatError[] {
  try {
    step();
    return [];
  } catch (error) {
    if (!(error instanceof OvercoatError)) throw error;
    return [error];
  }
}
