/**
 * Why an ordinary user gets no namespaces here, and what works instead. Distributions forbid user namespaces by different switches,
 * and the kernel's answer is the same EPERM or ENOSPC for all of them, so each switch is looked at.
 */
import { existsSync, readFileSync } from 'node:fs';
import { OvercoatError } from '../errors.ts';
import { tryTool } from '../gateway/machine/tools.ts';
import { needProgram } from '../linux/files/find-program.ts';

export interface Obstacle {
  /** Who forbids it. */
  readonly by: string;
  /** How an administrator allows it; undefined where that is not for a command to do. */
  readonly allow: string | undefined;
}

/** Reads a file below /proc; undefined where it is not there. */
export type ReadSwitch = (path: string) => string | undefined;

/** The known switches, the most specific first. Pure but for `read`. */
export function findObstacle(read: ReadSwitch): Obstacle | undefined {
  if (read('/proc/sys/kernel/unprivileged_userns_clone') === '0') {
    return { by: 'Debian (kernel.unprivileged_userns_clone = 0)', allow: 'sysctl -w kernel.unprivileged_userns_clone=1' };
  }
  if (read('/proc/sys/user/max_user_namespaces') === '0') {
    return {
      by: 'the administrator (user.max_user_namespaces = 0, as on hardened Red Hat systems)',
      allow: 'sysctl -w user.max_user_namespaces=15000',
    };
  }
  if (read('/proc/sys/user/max_net_namespaces') === '0') {
    return { by: 'the administrator (user.max_net_namespaces = 0)', allow: 'sysctl -w user.max_net_namespaces=15000' };
  }
  if (read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return {
      by: 'Ubuntu (kernel.apparmor_restrict_unprivileged_userns = 1)',
      allow: 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with "userns," for unshare',
    };
  }
  if (seccompMode(read('/proc/self/status')) === 2) {
    return {
      by: 'a seccomp filter, as Docker sets one',
      allow: 'docker run --security-opt seccomp=unconfined, or a profile that allows unshare',
    };
  }
  return undefined;
}

/** @throws OvercoatError `exec_namespace` naming who forbids namespaces here */
export async function needNamespaces(privileged: boolean): Promise<void> {
  const said = await tryNamespaces(privileged);
  if (said !== undefined) throw new OvercoatError('exec_namespace', obstacleText(said, findObstacle(readSwitch)));
}

/**
 * Tries to make the namespaces for nothing.
 * @param privileged no user namespace is needed
 * @returns undefined where it works, else what the system said
 */
async function tryNamespaces(privileged: boolean): Promise<string | undefined> {
  const user = privileged ? [] : ['--user', '--map-root-user'];
  const { code, stderr } = await tryTool('unshare', [...user, '--net', '--', needProgram('ip'), 'link', 'set', 'lo', 'up']);
  return code === 0 ? undefined : (stderr.trim().split('\n')[0] ?? 'unshare failed');
}

/** What the user is told: one line that names the switch, then the way that works without it. */
export function obstacleText(said: string, obstacle: Obstacle | undefined): string {
  const why = obstacle === undefined ? said : `forbidden by ${obstacle.by}`;
  const allow = obstacle?.allow === undefined ? '' : ` As root: ${obstacle.allow}.`;
  return `This user cannot make a network namespace: ${why}.${allow} Without namespaces: docs/exec.md, "Where namespaces are forbidden"`;
}

function readSwitch(path: string): string | undefined {
  try {
    return existsSync(path) ? readFileSync(path, 'latin1').trim() : undefined;
  } catch {
    return undefined;
  }
}

function seccompMode(status: string | undefined): number | undefined {
  const line = status?.split('\n').find((each) => each.startsWith('Seccomp:'));
  return line === undefined ? undefined : Number(line.slice('Seccomp:'.length));
}
