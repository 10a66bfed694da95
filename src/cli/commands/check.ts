/** `overcoat check FILE`: everything that is wrong with a configuration, at once, without starting anything. */
import { pathsRead } from '../../start-files.ts';
import { unreadableAtReload } from './reload-access.ts';
import { recordingFiles } from '../../start-files.ts';
import type { Problem, ServiceConfig } from '../../config/config.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { isError, loadConfig } from '../../config/load.ts';
import { withoutRepeats } from '../../config/problems.ts';
import { countProblems, formatProblems } from '../../config/report-text.ts';
import type { ConfigSource } from '../../config/source.ts';
import { OvercoatError } from '../../errors.ts';
import type { UsedFiles } from '../../tls/exposed-files.ts';
import type { AskPassphrase } from '../../tls/key-material.ts';
import { print } from '../print.ts';

/**
 * Prints the problems on standard output, one a line, and a closing line.
 * @param ask for the passphrases of encrypted keys
 * @returns the exit code: 0 where the configuration can be used, 1 where it cannot
 */
export async function check(source: ConfigSource, strict: boolean, ask: AskPassphrase): Promise<number> {
  const loaded = loadConfig(source, { strict, launcher: 'overcoat' });
  const problems = [...loaded.problems, ...(await fileProblems(loaded, strict, ask))];
  for (const line of formatProblems(problems)) print(`${line}\n`);
  const name = 'file' in source ? source.file : `fd:${source.fd}`;
  if (problems.some(isError)) {
    print(`${name}: cannot be used: ${countProblems(problems)}\n`);
    return 1;
  }
  const count = loaded.config?.services.length ?? 0;
  print(`${name}: ok, ${count} service${count === 1 ? '' : 's'}${problems.length === 0 ? '' : `, ${countProblems(problems)}`}\n`);
  return 0;
}

/** Opens what the services name, as a start would: keys, certificates, trust, the map of names. */
async function fileProblems({ config, services, blame }: LoadedConfig, strict: boolean, ask: AskPassphrase): Promise<readonly Problem[]> {
  const [{ prepareServiceTls }, { prepareNames }, { exposedFiles }] = await Promise.all([
    import('../../tls/service-tls.ts'),
    import('../../names/service-names.ts'),
    import('../../tls/exposed-files.ts'),
  ]);
  const problem = (index: number, code: Problem['code'], severity: Problem['severity'], message: string): Problem => {
    const { at, option } = blame(index, message);
    // The place already names the option.
    const text = message.startsWith(`${option} = `) ? message.slice(option.length + 3) : message;
    return { code, severity, unsafe: severity === 'warning', file: at.file, line: at.line, option, text, stunnelText: text };
  };
  const gravity = strict ? 'error' : 'warning';
  const used: UsedFiles[] = services.map(({ name }) => ({ service: name, exposed: [] }));
  const open = (service: ServiceConfig, index: number): readonly Problem[] => {
    try {
      const { result, files } = recordingFiles(() => {
        const { warnings, exposed } = prepareServiceTls(service, ask);
        used[index] = { service: service.name, exposed };
        prepareNames(service);
        return warnings;
      });
      const later = config === undefined ? [] : unreadableAtReload(config.global, [...new Set(pathsRead(files))]);
      return [
        ...result.map((text) => problem(index, 'config_unsafe', gravity, text)),
        ...later.map((text) => ({ ...problem(index, 'config_key_material', 'warning', text), unsafe: false })),
      ];
    } catch (error) {
      if (!(error instanceof OvercoatError)) throw error;
      const found = problem(index, error.code, 'error', error.message);
      // Beside mistakes in the lines only what a file is to blame for is news.
      const news = config !== undefined || found.option !== '' ? [found] : [];
      return found.option === 'cert' || found.option === 'key' ? [...news, ...open(withoutCertificate(service), index)] : news;
    }
  };
  const found = services.flatMap(open);
  return withoutRepeats([...found, ...exposedFiles(used).map(({ index, text }) => problem(index, 'config_unsafe', gravity, text))]);
}

/** To go on behind a certificate that cannot be used. Only a client can do without. */
function withoutCertificate(service: ServiceConfig): ServiceConfig {
  return { ...service, mode: 'client', tls: { ...service.tls, cert: undefined, key: undefined } };
}
