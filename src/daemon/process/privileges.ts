/**
 * Gives up root: supplementary groups, then the group, then the user, in that order because the last step takes away the right to
 * the others. Ports are bound and keys are read before. What was given up must be gone for good, so that is tried.
 */
import type { GlobalConfig } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import { systemErrorText } from '../../text/system-error.ts';

/**
 * @param mayGainPrivileges programs started later may be setuid (a service has `exec`); else PR_SET_NO_NEW_PRIVS forbids it
 * @returns what the log should warn about
 * @throws OvercoatError `start_privilege`
 */
export async function dropPrivileges(
  { setuid, setgid }: Pick<GlobalConfig, 'setuid' | 'setgid'>,
  mayGainPrivileges: boolean,
): Promise<readonly string[]> {
  if (setuid === undefined && setgid === undefined) return [];
  if (!hasUser({ setuid, setgid })) become({ setuid, setgid });
  if (setuid !== undefined && setuid !== 0 && canBecomeRoot()) {
    throw new OvercoatError('start_privilege', 'setuid: the process could still become root again');
  }
  if (!mayGainPrivileges) await refuseMore();
  const keepsRootGroup = setuid !== undefined && setgid === undefined && process.getgid?.() === 0;
  return keepsRootGroup ? ['"setuid" without "setgid": the process keeps the group root'] : [];
}

function become({ setuid, setgid }: Pick<GlobalConfig, 'setuid' | 'setgid'>): void {
  attempt('setgroups', () => process.setgroups?.(setgid === undefined ? [] : [setgid]));
  if (setgid !== undefined) attempt(`setgid ${setgid}`, () => process.setgid?.(setgid));
  if (setuid !== undefined) attempt(`setuid ${setuid}`, () => process.setuid?.(setuid));
}

/** Whether nothing is left to give up: an upgrade starts as the user that the process before became. */
function hasUser({ setuid, setgid }: Pick<GlobalConfig, 'setuid' | 'setgid'>): boolean {
  const [user, group] = [process.geteuid?.(), process.getegid?.()];
  const others = process.getgroups?.().filter((each) => each !== group) ?? [];
  const effective = user === process.getuid?.() && group === process.getgid?.();
  return effective && setuid !== 0 && user === setuid && (setgid ?? group) === group && others.length === 0;
}

async function refuseMore(): Promise<void> {
  const { forbidNewPrivileges } = await import('../../linux/libc/rights.ts');
  forbidNewPrivileges();
}

function attempt(step: string, call: () => void): void {
  try {
    call();
  } catch (cause) {
    throw new OvercoatError('start_privilege', `${step}: ${systemErrorText(cause)}; start as root, or remove "setuid" and "setgid"`, cause);
  }
}

function canBecomeRoot(): boolean {
  try {
    process.setuid?.(0);
    return true;
  } catch {
    return false;
  }
}
