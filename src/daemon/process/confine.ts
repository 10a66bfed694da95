/** What a process that serves strangers must not keep: the file system outside its jail, and root. In this order, since only root can. */
import type { Config } from '../../config/config.ts';
import type { Observe } from '../../observe/events.ts';
import type { Engine } from '../engine.ts';
import { dropPrivileges } from './privileges.ts';

/**
 * @param engine where connections run, if not in this process
 * @throws OvercoatError `start_privilege`
 */
export async function confine({ global, services }: Config, observe: Observe, engine?: Pick<Engine, 'confine'>): Promise<void> {
  const { chroot, setgid, setuid, watch } = global;
  if (chroot === undefined && setgid === undefined && setuid === undefined) return;
  await (await import('./preload.ts')).preloadEverything(watch.control !== undefined || watch.status !== undefined);
  const runsPrograms = services.some((service) => service.exec !== undefined);
  if (chroot !== undefined) (await import('./jail.ts')).enterJail(chroot);
  for (const text of await dropPrivileges(global, runsPrograms))
    observe({ kind: 'message', level: 4, text }, { id: 'ui', service: undefined });
  await engine?.confine(global, runsPrograms);
}
