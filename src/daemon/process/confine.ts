/** What a process that serves strangers must not keep: the file system outside its jail, and root. In this order, since only root can. */
import type { Config, GlobalConfig } from '../../config/config.ts';
import type { Observe } from '../../observe/events.ts';
import type { Engine } from '../engine.ts';
import { dropPrivileges } from './privileges.ts';

/** Whether files or rights that are there at start will be gone while it serves. */
export function givesUpRights({ chroot, setuid, setgid }: Pick<GlobalConfig, 'chroot' | 'setuid' | 'setgid'>): boolean {
  return chroot !== undefined || setuid !== undefined || setgid !== undefined;
}

/**
 * @param engine where connections run, if not in this process
 * @throws OvercoatError `start_privilege`
 */
export async function confine({ global, services }: Config, observe: Observe, engine?: Pick<Engine, 'confine'>): Promise<void> {
  const { chroot, watch } = global;
  if (!givesUpRights(global)) return;
  await (await import('./preload.ts')).preloadEverything(watch.control !== undefined || watch.status !== undefined);
  const runsPrograms = services.some((service) => service.exec !== undefined);
  if (chroot !== undefined) (await import('./jail.ts')).enterJail(chroot);
  for (const text of await dropPrivileges(global, runsPrograms))
    observe({ kind: 'message', level: 4, text }, { id: 'ui', service: undefined });
  await engine?.confine(global, runsPrograms);
}
