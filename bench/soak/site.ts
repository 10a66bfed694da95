/**
 * What a soak runs against: the product with both modes and STARTTLS on this host, its backends, and as root a gateway between two further
 * hosts with the product at the receiver, too. Certificates are issued anew and put in place of the old ones as long as it runs.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority } from '../../src/demo/throwaway-authority.ts';
import { createAuthority } from '../../src/demo/throwaway-authority.ts';
import type { Random } from '../../test/support/fuzz.ts';
import type { ThreeHosts } from '../../test/support/net/netns.ts';
import { openThreeHosts } from '../../test/support/net/netns.ts';
import { clientSection, optionLines, serverSection } from '../../test/support/overcoat/config-text.ts';
import type { Place } from '../../test/support/program.ts';
import { thisMachine } from '../../test/support/program.ts';
import { requires } from '../../test/support/requirements.ts';
import { freePort } from '../run.ts';
import { BackendProcess } from './backends.ts';
import type { Chain, Target } from './faults.ts';
import { Product } from './product.ts';
import type { Dialogue } from './wire.ts';

/** Room for the log of ten seconds, many times over. */
const DISK = 'size=32m,mode=777';
const GATEWAY_PORT = 7000;

/** Where the clients of one chain are, and what they reach. */
export interface Way {
  readonly chain: Chain;
  readonly place: Place;
  readonly host: string;
  readonly port: number;
  readonly dialogue: Dialogue;
}

export interface Site {
  readonly ways: readonly Way[];
  readonly target: Target;
  readonly products: readonly Product[];
  /** What is left out of it here, and why. */
  readonly without: readonly string[];
  /** Writes a configuration that differs from the last one, and has it read; moves the log away before. */
  reload(): void;
  /** New certificates and keys for all server services. */
  renew(): void;
  /** Ends what runs. @returns what did not end as it should */
  close(): Promise<readonly string[]>;
}

class Files {
  readonly folder: string;
  readonly #authority: Authority = createAuthority();

  constructor(folder: string) {
    this.folder = folder;
    this.put('ca.pem', this.#authority.certificate);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Whole or not at all. */
  put(name: string, text: string, mode = 0o644): void {
    writeFileSync(`${this.path(name)}.new`, text, { mode });
    renameSync(`${this.path(name)}.new`, this.path(name));
  }

  issue(name: string, ipAddresses: readonly string[]): void {
    const { certificate, key } = this.#authority.issue({ dnsNames: ['localhost'], ipAddresses });
    this.put(`${name}.pem`, key + certificate, 0o600);
  }
}

/** @param folder empty, and readable by everybody */
export async function openSite(folder: string, random: Random): Promise<Site> {
  const files = new Files(folder);
  const root = process.getuid?.() === 0;
  const obstacle = requires({ netns: true, packages: ['iproute2', 'nftables'] });
  const hosts = obstacle === false ? openThreeHosts() : undefined;
  const disk = smallDisk(folder, root);
  try {
    return await openWith(files, random, { root, hosts, disk, obstacle });
  } catch (cause) {
    hosts?.close();
    disk.remove();
    throw cause;
  }
}

interface Disk {
  readonly path: string;
  readonly own: boolean;
  remove(): void;
}

/** Where the log is: a small file system of its own for root, a folder for others. */
function smallDisk(folder: string, root: boolean): Disk {
  const path = join(folder, 'log');
  mkdirSync(path);
  chmodSync(path, 0o777);
  const leave = (): void => void (own && execFileSync('umount', ['-l', path]));
  const own = root && mounted(path);
  if (own) process.prependOnceListener('exit', leave); // before its folder is removed
  const remove = (): void => {
    process.removeListener('exit', leave);
    leave();
  };
  return { path, own, remove };
}

function mounted(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', DISK, 'overcoat-soak', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // a container may not
  }
}

interface Around {
  readonly root: boolean;
  readonly hosts: ThreeHosts | undefined;
  readonly disk: Disk;
  readonly obstacle: string | false;
}

async function openWith(files: Files, random: Random, { root, hosts, disk, obstacle }: Around): Promise<Site> {
  const [plain, tls, mailPlain, mailTls, status] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const backends = new Map<Chain, BackendProcess>([
    ['direct', new BackendProcess(thisMachine, '127.0.0.1', await freePort(), 'none')],
    ['mail', new BackendProcess(thisMachine, '127.0.0.1', await freePort(), 'mail')],
  ]);
  if (hosts !== undefined) backends.set('gateway', new BackendProcess(hosts.receiver, '127.0.0.1', GATEWAY_PORT, 'none'));
  await Promise.all([...backends.values()].map((backend) => backend.start()));

  const renew = (): void => {
    files.issue('main', ['127.0.0.1']);
    if (hosts !== undefined) files.issue('receiver', [hosts.wan.right.v4]);
  };
  renew();
  const log = join(disk.path, 'main.log');
  const verified = { verifyChain: true, CAfile: files.path('ca.pem'), checkHost: 'localhost' };
  const served = { cert: files.path('main.pem'), reloadCerts: 'watch' };
  let generation = 0;
  const write = (): void =>
    files.put(
      'main.conf',
      [
        optionLines({ foreground: true, syslog: false, debug: 5, workers: 2, output: log, status }),
        optionLines({ setuid: root ? 'nobody' : undefined, TIMEOUTidle: 3600 + (generation % 2) }),
        clientSection('wrap', { accept: plain, connect: tls, ...verified }),
        serverSection('unwrap', { accept: tls, connect: backends.get('direct')?.port, ...served }),
        clientSection('mail-wrap', { accept: mailPlain, connect: mailTls, protocol: 'smtp', ...verified }),
        serverSection('mail-unwrap', { accept: mailTls, connect: backends.get('mail')?.port, protocol: 'smtp', ...served }),
      ].join(''),
    );
  write();
  const main = await Product.start('main', ['run', files.path('main.conf')], thisMachine);
  const [receiver, gateway] = hosts === undefined ? [] : await startGateway(files, hosts);
  const products = [main, receiver, gateway].filter((each) => each !== undefined);

  const ways: Way[] = [
    { chain: 'direct', place: thisMachine, host: '127.0.0.1', port: plain, dialogue: 'none' },
    { chain: 'mail', place: thisMachine, host: '127.0.0.1', port: mailPlain, dialogue: 'mail' },
  ];
  if (hosts !== undefined) ways.push({ chain: 'gateway', place: hosts.sender, host: hosts.wan.right.v4, port: 443, dialogue: 'none' });
  return {
    ways,
    products,
    target: { random, main, receiver, backends, ports: { plain, tls }, smallDisk: disk.own ? disk.path : undefined },
    without: [
      ...(obstacle === false ? [] : [`the gateway: it ${obstacle}`]),
      ...(root ? [] : ['setuid, and with it the reader of renewed files: needs root']),
      ...(disk.own ? [] : ['a small disk for the log: needs root']),
    ],
    reload: () => {
      generation += 1;
      write();
      rotate(log);
      for (const product of [main, receiver]) product?.signal('SIGHUP');
    },
    renew,
    close: async () => {
      const codes = await Promise.all(products.map(async (product) => ({ product, code: await product.stop() })));
      await Promise.all([...backends.values()].map((backend) => backend.kill()));
      hosts?.close();
      disk.remove();
      return codes.filter(({ code }) => code !== 0).map(({ product, code }) => `${product.name} ended with ${code}`);
    },
  };
}

async function startGateway(files: Files, hosts: ThreeHosts): Promise<readonly [receiver: Product, gateway: Product]> {
  const address = hosts.wan.right.v4;
  files.put(
    'receiver.conf',
    optionLines({ foreground: true, syslog: false, debug: 5, workers: 2 }) +
      serverSection('receiver', {
        accept: `${address}:443`,
        connect: GATEWAY_PORT,
        cert: files.path('receiver.pem'),
        reloadCerts: 'watch',
      }),
  );
  const receiver = await Product.start('receiver', ['run', files.path('receiver.conf')], hosts.receiver);
  const args = ['gateway', '--from', hosts.lan.right.device, '--ports', '443', '--ca', files.path('ca.pem'), '--name-missing', 'address'];
  return [receiver, await Product.start('gateway', args, hosts.gateway)];
}

/** What a log rotation does before the signal. */
function rotate(log: string): void {
  rmSync(`${log}.1`, { force: true });
  try {
    renameSync(log, `${log}.1`);
  } catch {
    // not there: the disk was full when it was to be opened again
  }
}
