/**
 * Small networks for tests: every host is a network namespace of its own, links are veth pairs, and everything is gone at the end,
 * also after a failure. Names of namespaces carry the pid of the test process, so that several test files can run side by side and
 * what a killed run left behind is found and removed by the next one. Needs root and the packages iproute2, iptables, nftables.
 *
 *     const net = openThreeHosts();                     // sender - gateway - receiver
 *     t.after(() => net.close());
 *     await net.gateway.shell('iptables -t nat -I PREROUTING -i eth0 -p tcp --dport 443 -j REDIRECT');
 *     const server = net.receiver.start(['nc', '-l', '-p', '443']);
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place, ProgramOptions } from '../program.ts';
import { outputOf, Program } from '../program.ts';

const PREFIX = 'oct';
/** What lies in a folder here, `ip netns exec` mounts over /etc of the namespace of that name. */
const PER_HOST_FILES = '/etc/netns';
const NAMESPACE_NAME = /^oct(\d+)-\d+-/;
let networksMade = 0;

/** One end of a link: a device inside a host, with one address of each family. */
export interface NetworkInterface {
  readonly host: Host;
  /** `eth0`, `eth1`... in the order in which the links of the host were made. */
  readonly device: string;
  readonly v4: string;
  readonly v6: string;
}

export interface Link {
  readonly left: NetworkInterface;
  readonly right: NetworkInterface;
}

/** A host of a test network; programs are run and started inside it. */
export class Host implements Place {
  readonly name: string;
  /** Name of the network namespace, as `ip netns` shows it. */
  readonly namespace: string;
  devices = 0;

  constructor(name: string, namespace: string) {
    this.name = name;
    this.namespace = namespace;
  }

  enter(argv: readonly string[]): string[] {
    return ['ip', 'netns', 'exec', this.namespace, ...argv];
  }

  /** Starts a program that keeps running; it is killed when the network closes. */
  start(argv: readonly string[], options: ProgramOptions = {}): Program {
    return new Program(argv, { ...options, place: this });
  }

  /** Runs a shell script inside the host (`sh -eu`) and returns its stdout; a failing command rejects with the output. */
  shell(script: string, options: ProgramOptions = {}): Promise<string> {
    return outputOf(['sh', '-euc', script], { ...options, place: this });
  }

  /** Sets kernel parameters of this host only, as `sysctl -w` would: `{ 'net.ipv4.ip_forward': 1 }`. */
  sysctl(values: Readonly<Record<string, string | number>>): void {
    const settings = Object.entries(values).map(([key, value]) => `${key}=${value}`);
    ip('netns', 'exec', this.namespace, 'sysctl', '-qw', ...settings);
  }

  /** Gives names to addresses, for programs started afterwards: the host sees an /etc/hosts of its own (ip-netns(8)). */
  names(addresses: Readonly<Record<string, string>>): void {
    const folder = join(PER_HOST_FILES, this.namespace);
    mkdirSync(folder, { recursive: true });
    const lines = Object.entries({ localhost: '127.0.0.1', ...addresses }).map(([name, address]) => `${address} ${name}\n`);
    writeFileSync(join(folder, 'hosts'), lines.join(''));
  }

  /** The name servers of this host, for programs started afterwards: it sees an /etc/resolv.conf of its own. */
  nameServers(...addresses: string[]): void {
    const folder = join(PER_HOST_FILES, this.namespace);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'resolv.conf'), addresses.map((address) => `nameserver ${address}\n`).join(''));
  }

  /** One `ip` command inside the host: `host.ip('route', 'add', ...)`. */
  ip(...words: string[]): void {
    ip('-n', this.namespace, ...words);
  }

  /** Pids of everything that runs in the host, daemons that left their parent included. */
  pids(): number[] {
    return ip('netns', 'pids', this.namespace).split('\n').filter(Boolean).map(Number);
  }
}

/** A set of hosts and links. Close it in `t.after`/`after`; an exiting test process closes what is still open. */
export class Network {
  readonly #id: string;
  readonly #hosts: Host[] = [];
  readonly #onExit = () => this.close();
  #links = 0;

  constructor() {
    removeLeftovers();
    networksMade += 1;
    this.#id = `${PREFIX}${process.pid}-${networksMade}`;
    process.on('exit', this.#onExit);
  }

  /** A new host with nothing but its loopback device. */
  addHost(name: string): Host {
    const host = new Host(name, `${this.#id}-${name}`);
    ip('netns', 'add', host.namespace);
    this.#hosts.push(host);
    host.ip('link', 'set', 'lo', 'up');
    return host;
  }

  /** Joins two hosts by a cable: 10.77.N.1 and .2, fd77:N::1 and ::2, where N counts the links of this network from 1. */
  link(left: Host, right: Host): Link {
    this.#links += 1;
    const end = (host: Host, last: number): NetworkInterface => {
      const device = `eth${host.devices}`;
      host.devices += 1;
      return { host, device, v4: `10.77.${this.#links}.${last}`, v6: `fd77:${this.#links}::${last}` };
    };
    const ends = { left: end(left, 1), right: end(right, 2) };
    left.ip('link', 'add', ends.left.device, 'type', 'veth', 'peer', 'name', ends.right.device, 'netns', right.namespace);
    for (const { host, device, v4, v6 } of [ends.left, ends.right]) {
      host.ip('address', 'add', `${v4}/24`, 'dev', device);
      host.ip('address', 'add', `${v6}/64`, 'dev', device, 'nodad'); // usable at once
      host.ip('link', 'set', device, 'up');
    }
    return ends;
  }

  /** Kills what still runs in the hosts and removes them. May be called twice; never throws. */
  close(): void {
    process.removeListener('exit', this.#onExit);
    for (const host of this.#hosts.splice(0)) removeNamespace(host.namespace);
  }
}

/** The network of the article: a sender that routes through a gateway, and a receiver behind it. */
export interface ThreeHosts {
  readonly network: Network;
  readonly sender: Host;
  readonly gateway: Host;
  readonly receiver: Host;
  /** sender (10.77.1.1, fd77:1::1, its eth0) to gateway (10.77.1.2, fd77:1::2, its eth0). */
  readonly lan: Link;
  /** gateway (10.77.2.1, fd77:2::1, its eth1) to receiver (10.77.2.2, fd77:2::2, its eth0). */
  readonly wan: Link;
  close(): void;
}

/** Sender - gateway - receiver with routes both ways through the gateway, which forwards IPv4 and IPv6. No rule is installed. */
export function openThreeHosts(): ThreeHosts {
  const network = new Network();
  const sender = network.addHost('sender');
  const gateway = network.addHost('gateway');
  const receiver = network.addHost('receiver');
  const lan = network.link(sender, gateway);
  const wan = network.link(gateway, receiver);
  gateway.sysctl({ 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 });
  sender.ip('route', 'add', 'default', 'via', lan.right.v4);
  sender.ip('-6', 'route', 'add', 'default', 'via', lan.right.v6);
  receiver.ip('route', 'add', 'default', 'via', wan.left.v4);
  receiver.ip('-6', 'route', 'add', 'default', 'via', wan.left.v6);
  return { network, sender, gateway, receiver, lan, wan, close: () => network.close() };
}

/** Removes namespaces whose test process is no longer there. */
function removeLeftovers(): void {
  for (const name of namespaceNames()) {
    const pid = NAMESPACE_NAME.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) removeNamespace(name);
  }
}

function namespaceNames(): string[] {
  try {
    return readdirSync('/run/netns');
  } catch {
    return []; // the folder appears with the first namespace
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function removeNamespace(name: string): void {
  try {
    const pids = ip('netns', 'pids', name).split('\n').filter(Boolean);
    for (const pid of pids) killQuietly(Number(pid));
    ip('netns', 'delete', name);
    rmSync(join(PER_HOST_FILES, name), { recursive: true, force: true });
  } catch {
    // gone already: another test process swept it
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended in between
  }
}

function ip(...words: string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
