/**
 * What a start would fail at, as far as that shows before it is tried: the places of the process's own files. A start asks before it
 * binds a port, `overcoat check` in its stead.
 */
import type { Config } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import { foreseeLogFile } from '../../observe/sinks.ts';
import { foreseeJail } from './jail.ts';
import { foreseePidFile } from './pidfile.ts';

export interface Obstacle {
  readonly option: 'chroot' | 'output' | 'pid';
  /** What the start would throw. */
  readonly error: OvercoatError;
}

/** In the order in which a start meets them. */
export function findObstacles({ global: { chroot, output, pid }, inetd }: Pick<Config, 'global' | 'inetd'>): readonly Obstacle[] {
  const jail = chroot === undefined ? undefined : obstacle('chroot', () => foreseeJail(chroot));
  if (jail !== undefined) return [jail];
  const found = [
    output === undefined ? undefined : obstacle('output', () => foreseeLogFile(output, chroot)),
    pid === undefined || inetd ? undefined : obstacle('pid', () => foreseePidFile(pid, chroot)),
  ];
  return found.filter((each) => each !== undefined);
}

/** @throws OvercoatError the first obstacle */
export function refuseObstacles(config: Pick<Config, 'global' | 'inetd'>): void {
  const [first] = findObstacles(config);
  if (first !== undefined) throw first.error;
}

function obstacle(option: Obstacle['option'], foresee: () => void): Obstacle | undefined {
  try {
    foresee();
    return undefined;
  } catch (error) {
    if (!(error instanceof OvercoatError)) throw error;
    return { option, error };
  }
}
