/**
 * `overcoat upgrade`: another process, of the file that has the program's name by now, takes the place of this one. Until it serves
 * nothing changes; then it has the sockets and everybody who connects, and connections that are open end here (docs/decisions/upgrade.md).
 */
import { OvercoatError } from '../../errors.ts';
import type { Log } from '../../observe/log.ts';
import type { UpgradeOutcome } from '../../status/control.ts';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import type { Engine } from '../engine.ts';
import type { Scaffold } from '../launch.ts';
import type { ListenerSet } from '../listener-set.ts';
import { writePidFile } from '../process/pidfile.ts';
import type { Serving } from '../reload/reload.ts';
import type { Watch } from '../watch/watch.ts';
import type { Passed } from './passed-sockets.ts';
import type { Again, Successor } from './successor.ts';

const MAIN = { id: 'main', service: undefined } as const;

export interface UpgradeParts {
  /** How this program is started once more; undefined: it cannot be. */
  readonly again?: Again | undefined;
  readonly ask: AskPassphrase;
  /** Whoever started it has gone on: it is in a session of its own. */
  readonly background: boolean;
  /** The sockets of the DNS forwarder. */
  readonly dns?: { readonly sockets: readonly Passed[]; close(): void } | undefined;
  readonly engine: Engine;
  readonly listeners: ListenerSet;
  readonly log: Log;
  /** Started by a service manager. */
  readonly managed: boolean;
  readonly scaffold?: Scaffold | undefined;
  readonly watch?: Watch | undefined;
}

/**
 * @param cancelled this process ends: the other one is not waited for
 * @returns the process that serves now, or everything that is wrong: this one goes on then as if nothing had been. Never rejects
 */
export async function upgrade(
  { config, drained }: Serving,
  parts: UpgradeParts,
  cancelled: AbortSignal,
): Promise<Successor | readonly string[]> {
  const { log } = parts;
  const begunAt = performance.now();
  log.observe({ kind: 'upgrading' }, MAIN);
  const outcome = await tryToUpgrade({ drained: [...drained], chroot: config.global.chroot, cancelled }, parts);
  if ('pid' in outcome) {
    const { version, pid } = outcome;
    log.observe({ kind: 'upgraded', version, pid, ms: performance.now() - begunAt }, MAIN);
    return outcome;
  }
  if (config.global.pid !== undefined) restorePidFile(config.global.pid);
  log.observe({ kind: 'upgrade-failed', problems: outcome }, MAIN);
  return outcome;
}

interface Attempt {
  readonly drained: readonly string[];
  readonly chroot: string | undefined;
  readonly cancelled: AbortSignal;
}

async function tryToUpgrade({ drained, chroot, cancelled }: Attempt, parts: UpgradeParts): Promise<Successor | readonly string[]> {
  const { again, ask, background, dns, engine, listeners, managed, scaffold, watch } = parts;
  if (again === undefined) return ['This process is part of another program, which would have to be started again'];
  if (scaffold !== undefined)
    return ['The rules of a gateway belong to this process and end with it, so it cannot be replaced: restart it'];
  if (chroot !== undefined)
    return [`chroot = ${chroot}: the program file is out of reach from inside, so it cannot be started: restart it`];
  const passed = [...listeners.sockets, ...(watch?.sockets ?? []), ...(dns?.sockets ?? [])];
  try {
    const { startSuccessor } = await import('./successor.ts');
    if (cancelled.aborted) return ['This process ends'];
    const clear = async (pid: number): Promise<void> => watch?.forgetSuccessor(pid);
    const reached = engine.reached.all;
    return await startSuccessor({ again, ask, record: { passed, managed, background, drained, reached }, cancelled, clear });
  } catch (cause) {
    return [cause instanceof Error ? cause.message : String(cause)];
  }
}

/** The one that failed may have written its own, and taken it away. */
function restorePidFile(path: string): void {
  try {
    writePidFile(path);
  } catch (cause) {
    if (!(cause instanceof OvercoatError)) throw cause;
  }
}

export function outcomeOf(result: Successor | readonly string[], connections: number): UpgradeOutcome {
  return 'pid' in result ? { ok: true, version: result.version, pid: result.pid, connections } : { ok: false, problems: result };
}
