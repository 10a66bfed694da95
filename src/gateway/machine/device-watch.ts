/**
 * What becomes of the devices that `--from` names, while the rules stand. The rules match a device by its name and by its number: one that is
 * renamed is taken as before, one that is unplugged and comes back is taken by its name, and by its new number from here on.
 */
import { interfaceIndex, interfaceName } from '../../linux/libc/sockets.ts';
import type { DaemonEvent } from '../../observe/daemon-events.ts';

/** Numbers of those that are there. */
export function linksOf(devices: readonly string[]): readonly number[] {
  return devices.map(interfaceIndex).filter((link) => link > 0);
}

export interface Devices {
  /** 0: none has this name. */
  readonly linkOf: (device: string) => number;
  /** undefined: it is gone. */
  readonly nameOf: (link: number) => string | undefined;
}

const THIS_MACHINE: Devices = { linkOf: interfaceIndex, nameOf: interfaceName };

type DeviceEvent = Extract<DaemonEvent, { readonly kind: 'device-renamed' | 'device-gone' | 'device-back' }>;

/** What was said of a device last: nothing is said twice. */
interface Watched {
  readonly device: string;
  link: number;
  /** What it is called; undefined: it is gone. */
  name: string | undefined;
}

export class DeviceWatch {
  readonly #devices: Devices;
  readonly #watched: readonly Watched[];

  /** @param names of devices that are there */
  constructor(names: readonly string[], devices: Devices = THIS_MACHINE) {
    this.#devices = devices;
    this.#watched = names.map((device) => ({ device, link: devices.linkOf(device), name: device }));
  }

  /** What is news, and the numbers that the rules do not have yet. */
  look(): { readonly events: readonly DeviceEvent[]; readonly newLinks: readonly number[] } {
    const events: DeviceEvent[] = [];
    const newLinks: number[] = [];
    for (const watched of this.#watched) {
      const { device, link, name } = watched;
      const now = this.#devices.linkOf(device);
      if (now > 0 && now !== link) newLinks.push(now);
      if (now > 0) Object.assign(watched, { link: now, name: device });
      else watched.name = this.#devices.nameOf(link);
      if (watched.name === name) continue;
      if (watched.name === undefined) events.push({ kind: 'device-gone', device });
      else if (watched.name === device) events.push({ kind: 'device-back', device });
      else events.push({ kind: 'device-renamed', device, to: watched.name });
    }
    return { events, newLinks };
  }
}
