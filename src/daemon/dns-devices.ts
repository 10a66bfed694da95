/**
 * The DNS forwarder on network devices: one pair of sockets for each address a device has, and for each it gets while we run (a cable that
 * is plugged in, DHCP, a new prefix). An address that a device has lost keeps its pair, which serves it again when it comes back.
 */
import type { Endpoint } from '../address/endpoint.ts';
import type { DeviceAddresses } from '../config/config.ts';
import { interfaceIndex } from '../linux/libc/sockets.ts';
import { deviceAddresses } from '../linux/network/device-addresses.ts';
import { NETLINK, NetlinkWatch } from '../linux/network/netlink-watch.ts';

export interface DeviceDnsOptions {
  readonly devices: readonly DeviceAddresses[];
  /** @throws Error whose `code` is EADDRNOTAVAIL where the address cannot be used yet, `start_process` where nobody is there to answer */
  readonly listenAt: (place: Endpoint) => Promise<void>;
  /** Something the operator should know. */
  readonly tell: (text: string) => void;
}

/** Of an IPv6 address while the kernel looks for a second owner, and of one that was taken away again. */
const NOT_YET = 'EADDRNOTAVAIL';
/** How often the kernel is asked whether devices or addresses have changed. */
const LISTEN_MS = 500;
/** Pairs of sockets: a device whose address is another one every day gets there in half a year. */
const MOST = 200;

export class DeviceDns {
  readonly #options: DeviceDnsOptions;
  #changes: readonly NetlinkWatch[] = [];
  /** Addresses that have sockets, or never will. */
  readonly #known = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  /** An address is there and cannot be used yet. */
  #again = false;

  constructor(options: DeviceDnsOptions) {
    this.#options = options;
  }

  /** Listens at all addresses there are, and from here on at those that come. @throws what `listenAt` throws, but for an address that cannot be used yet */
  async begin(): Promise<void> {
    const { devices, tell } = this.#options;
    this.#changes = [NETLINK.devices, NETLINK.addresses4, NETLINK.addresses6].map((group) => new NetlinkWatch(group));
    for (const { device } of devices.filter((each) => deviceAddresses(each.device).length === 0))
      tell(
        `DNS forwarder: ${device} has no address yet (no cable, or none was given): questions of its hosts are answered as soon as it has one`,
      );
    await this.#look('start');
    this.#timer = setInterval(() => this.#listen(), LISTEN_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    for (const change of this.#changes) change.close();
  }

  #listen(): void {
    const changed = this.#changes.map((change) => change.changed()).includes(true); // each is asked
    if (this.#looking || !(changed || this.#again)) {
      this.#again ||= changed;
      return;
    }
    this.#looking = true;
    const over = this.#look('later').catch(() => {
      this.#again = true; // the kernel did not say which addresses there are
    });
    void over.then(() => {
      this.#looking = false;
    });
  }

  async #look(when: 'start' | 'later'): Promise<void> {
    this.#again = false;
    for (const { device, port } of this.#options.devices)
      for (const address of deviceAddresses(device)) await this.#listenAt({ address, port }, keyOf(address, device), when);
  }

  async #listenAt(place: Endpoint, key: string, when: 'start' | 'later'): Promise<void> {
    if (this.#known.has(key) || this.#known.size > MOST) return;
    this.#known.add(key);
    try {
      if (this.#known.size > MOST) throw new Error(`more than ${MOST} addresses have come by now: start Overcoat again`);
      await this.#options.listenAt(place);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (when === 'start' && code !== NOT_YET) throw cause;
      if (code === NOT_YET || code === 'start_process') {
        this.#known.delete(key);
        this.#again = true;
      } else {
        this.#options.tell(`DNS forwarder: ${message}`);
      }
    }
  }
}

/** A socket of a link-local address belongs to the number of its device, which is another one after it was unplugged. */
function keyOf(address: string, device: string): string {
  return address.includes('%') ? `${address} ${interfaceIndex(device)}` : address;
}
