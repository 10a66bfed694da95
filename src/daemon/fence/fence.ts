/**
 * The fence of a process (`confine`): what it may still ask of the kernel, as plain data, and the steps that put it up. Whoever is
 * started for it alone is restricted before its image begins (`beforeImage`), since Landlock binds the calling thread and not those that a
 * runtime already has; a process that does everything is fenced as far as that goes (`aroundThisProcess`).
 */
import { OvercoatError } from '../../errors.ts';
import type { LandlockRules } from '../../linux/fence/landlock.ts';
import { landlockLacks, restrictThread } from '../../linux/fence/landlock.ts';
import { filterSyscalls, seccompLacks } from '../../linux/fence/seccomp.ts';
import { forbidCoreFiles, forbidDumps } from '../../linux/libc/process.ts';
import { forbidNewPrivileges, keepCapabilities, landlockVersion, mayKeepCapabilities } from '../../linux/libc/rights.ts';
import type { Capability } from '../../linux/process/capabilities.ts';
import { CAPABILITIES } from '../../linux/process/capabilities.ts';
import { explainRefusals, FILTERED, systemError, systemErrorText } from '../../text/system-error.ts';

/** Plain data. */
export interface Fence {
  /** An allow-list of system calls; what the kernel cannot do is an error. */
  readonly strict: boolean;
  /** Unix sockets may be made: no kernel fences those that have a path. */
  readonly unixSockets: boolean;
  /** Modules of others are loaded, which may ask for what no relay does. */
  readonly modules: boolean;
  /** What is left of those it would have (root, a unit's): at most these. */
  readonly capabilities: readonly Capability[] | 'any';
  readonly rules: LandlockRules;
  /** Files read while clients are served that others may replace: a rule is about a file, and not about its name. */
  readonly followed: readonly string[];
  /** Which programs it lets be started, in words. */
  readonly programs: string;
  /** Words for what the configuration leaves open, and why. */
  readonly open: readonly string[];
}

/** What of it is put up where programs may still be started. */
type FenceBefore = Pick<Fence, 'rules' | 'capabilities' | 'modules'>;

/** What is left of it for the first lines of an image. */
export type FenceInside = Pick<Fence, 'strict' | 'unixSockets' | 'modules'>;

/** What still starts programs may start one that needs more. */
const AROUND = { programs: true, strict: false, unixSockets: true } as const;

/** Too many layers of Landlock: those there are stay, of a process that was upgraded as often. */
const E2BIG = -7;

/** What is not to be had of a fence here; empty: all is. @param capabilities that are to be left */
export function kernelLacks(capabilities: Fence['capabilities'] = []): readonly string[] {
  return [...landlockLacks(), ...seccompLacks(), ...capabilitiesLack(capabilities)];
}

/** Every kernel lets go of capabilities: a call that is refused is refused by a filter (systemd's `@privileged` has it). */
function capabilitiesLack(capabilities: Fence['capabilities']): readonly string[] {
  const refused = capabilities !== 'any' && mayKeepCapabilities(numbersOf(capabilities)) < 0;
  return refused ? [`capset: capabilities${FILTERED}`] : [];
}

/** @throws OvercoatError `start_confinement` where a strict fence cannot be whole */
export function refuseGaps({ strict, capabilities }: Fence): void {
  const lacks = kernelLacks(capabilities);
  if (!strict || lacks.length === 0) return;
  throw new OvercoatError(
    'start_confinement',
    `confine = strict: not to be had here: ${lacks.join('; ')}; say confine = yes, or see to it (a newer kernel, or what the filter lets through)`,
  );
}

/**
 * In the process that is about to become another image by execve(2), whose threads then all have it.
 * @param version of Landlock: an old one fences files alone
 * @throws NodeJS.ErrnoException
 */
export function beforeImage({ rules, capabilities, modules }: FenceBefore, version: number = landlockVersion()): void {
  forbidNewPrivileges();
  forbidCoreFiles();
  keepOnly(capabilities);
  restrictThread(rules, version);
  // An image that finds no io_uring begins its event loop without one.
  refuseCalls({ ...AROUND, modules, loopBegun: false });
}

/** The rest, in the first lines of the new image: it starts no program and no process. @throws NodeJS.ErrnoException */
export function insideImage({ strict, unixSockets, modules }: FenceInside): void {
  keepMemoryToItself();
  refuseCalls({ programs: false, loopBegun: false, strict, unixSockets, modules });
  explainRefusals();
}

/**
 * One process that is everything. All its threads have the filter of system calls; Landlock and the capabilities that are left bind its
 * main thread and the pool that reads files and asks name servers, as long as that has not begun: this is to be called before the first of it.
 */
export function aroundThisProcess({ rules, capabilities, modules }: FenceBefore): void {
  forbidNewPrivileges();
  keepMemoryToItself();
  keepOnly(capabilities);
  try {
    restrictThread(rules);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).errno !== E2BIG) throw cause;
  }
  refuseCalls({ ...AROUND, modules, loopBegun: true });
  explainRefusals();
}

/** No core file and no other process of its user shows the keys in it. */
function keepMemoryToItself(): void {
  forbidCoreFiles();
  forbidDumps();
}

function keepOnly(capabilities: Fence['capabilities']): void {
  if (capabilities === 'any' || capabilitiesLack(capabilities).length > 0) return;
  const result = keepCapabilities(numbersOf(capabilities));
  if (result < 0) throw systemError('capset', -result);
}

function numbersOf(capabilities: readonly Capability[]): readonly number[] {
  return capabilities.map((name) => CAPABILITIES[name]);
}

function refuseCalls(rules: Parameters<typeof filterSyscalls>[0]): void {
  if (seccompLacks().length > 0) return;
  const result = filterSyscalls(rules);
  if (result < 0) throw systemError('seccomp', result);
}

/** @throws OvercoatError `start_confinement` */
export function orConfinementError(work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw new OvercoatError('start_confinement', `confine: ${systemErrorText(cause)}; say confine = no`, cause);
  }
}
