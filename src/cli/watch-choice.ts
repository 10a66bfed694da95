/** `--status`, `--control` and `--confine`: the command line beats the file. */
import { withBrackets } from '../address/authority.ts';
import type { Config } from '../config/config.ts';
import { controlPath } from '../config/options/watch.ts';
import type { WatchChoice } from './args/command.ts';

export function withWatch(config: Config, { status, control, confine = config.global.confine }: WatchChoice): Config {
  const { watch } = config.global;
  const path = control === undefined ? watch.control : controlPath(control);
  return { ...config, global: { ...config.global, confine, watch: { ...watch, control: path, status: status ?? watch.status } } };
}

/** The words that say the same again. */
export function watchArguments({ status, control, confine }: WatchChoice): readonly string[] {
  const path = control?.kind === 'path' ? control.path : control?.kind;
  return [
    ...(status === undefined ? [] : ['--status', `${withBrackets(status.host)}:${status.port}`]),
    ...(path === undefined ? [] : ['--control', path]),
    ...(confine === undefined ? [] : ['--confine', confine]),
  ];
}
