/**
 * What a command in one process needs, which reads, writes its log and serves all at once. Its fence is wider than that of a worker:
 * files of /etc are replaced by others now and then (resolv.conf), and nobody could take its place behind a new one.
 */
import { delimiter, dirname } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { LandlockRules } from '../../linux/fence/landlock.ts';
import type { Capability } from '../../linux/process/capabilities.ts';
import { standardStreamOf } from '../../linux/process/standard-streams.ts';
import { ownPlaces, ownPrograms } from '../../self.ts';
import { controlFolder } from '../../status/places.ts';
import { fromStartFolder } from '../process/start-folder.ts';
import type { Fence } from './fence.ts';
import { foldersOf } from './followed-files.ts';
import { bindsLocally, foldersWritten, NAME_FILES, OF_NETWORK, OF_ROOT, ofLibrary, portsDialled, said, strangeProviders } from './needs.ts';
import { ownResponders } from './own-responders.ts';

/** Everything but where users and services keep what is theirs: /home, /root, /srv, /var, /mnt, /media, /boot and what a machine has besides. */
const READ = [
  '/bin',
  '/etc',
  '/gnu/store',
  '/lib',
  '/lib64',
  '/nix/store',
  '/opt',
  '/proc',
  '/run',
  '/sbin',
  '/sys',
  '/usr',
  '/var/lib/ca-certificates', // where /etc/ssl of SUSE leads
  '/var/lib/sss',
] as const;
/** Those that lead to nobody's data: no disk, no memory of others. */
const DEVICES = ['/dev/full', '/dev/null', '/dev/ptmx', '/dev/pts', '/dev/random', '/dev/tty', '/dev/urandom', '/dev/zero'] as const;
const WRITTEN = [...DEVICES, '/proc/self'] as const;
/** Of root: files of others and of its own, low ports, another user and a jail, and rules of the network, which it watches. */
const KEPT: readonly Capability[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_NET_BIND_SERVICE',
  ...OF_ROOT,
  ...OF_NETWORK,
];
/** What the kernel runs an executable with. */
const LOADERS = ['/lib', '/lib64', '/usr/lib', '/usr/lib64'] as const;
/** What `gateway` sets and keeps, and what its programs do. */
const WRITTEN_BY_GATEWAY = ['/proc/sys', '/run', '/sys/fs/cgroup', '/var/lib', '/var/run', '/tmp'] as const;

/** @param surrounded programs of the system are run around it (`nft`, `ip`) */
export function fenceOfOne({ global, services }: Pick<Config, 'global' | 'services'>, surrounded: boolean): Fence | undefined {
  if (global.confine === 'no') return undefined;
  const open = [
    'threads of the runtime that read no files (compiler, debugger) are bound by seccomp alone',
    'files: /etc as a whole may be read',
  ];
  const strangers = strangersOf(global);
  if (strangers.length > 0) open.push(`devices: what modules that ${strangers.join(', ')} names open is not known here`);
  const { watch, output, pid, dnsListen } = global;
  const { SSL_CERT_FILE, SSL_CERT_DIR } = process.env;
  const files = services.flatMap(filesNamed);
  const places = said([output, pid, watch.records, ...services.map(({ tls }) => tls.keyLog)]).filter(isFile);
  const sockets = services.flatMap(({ accept }) => accept.flatMap((each) => (each.kind === 'unix' ? [each.path] : [])));
  const control = watch.control === undefined ? [] : [dirname(controlFolder(process.env, process.getuid?.() === 0))];
  const written = [...places, ...sockets, ...(watch.control === undefined || watch.control === 'auto' ? [] : [watch.control])];
  const listened = services.flatMap(({ accept, acme }) => [...accept, ...(acme?.http === undefined ? [] : [acme.http])]);
  const bound = [...listened, ...(watch.status === undefined ? [] : [watch.status]), ...(dnsListen ?? [])];
  const rules: LandlockRules = {
    read: [
      ...READ,
      ...NAME_FILES.flatMap(foldersOf), // a link out of /etc is what some systems have
      ...ownPlaces(),
      ...ofLibrary(process.env),
      ...said([...files, SSL_CERT_FILE]).flatMap(foldersOf),
      ...said((SSL_CERT_DIR ?? '').split(delimiter)).map(fromStartFolder),
      ...streams(),
    ],
    write: [
      ...WRITTEN,
      ...(strangers.length > 0 ? ['/dev'] : []),
      ...(surrounded ? WRITTEN_BY_GATEWAY : []),
      ...control,
      ...written.flatMap(foldersOf),
      ...services.flatMap(foldersWritten).map(fromStartFolder),
      ...streams(),
    ],
    readFiles: [],
    execute: surrounded ? 'any' : [...ownPrograms(), ...LOADERS],
    connect: portsDialled(global, services, { staples: ownResponders(services), open }),
    bind: [
      ...new Set([...bound.flatMap((each) => (each.kind === 'unix' ? [] : [each.port])), ...(services.some(bindsLocally) ? [0] : [])]),
    ],
    abstractSockets: true, // of a service manager (NOTIFY_SOCKET)
  };
  const programs = surrounded ? 'those of the gateway (nft, ip, sh)' : 'Overcoat itself, for `overcoat upgrade`';
  const capabilities = surrounded ? 'any' : KEPT;
  return { strict: false, unixSockets: true, modules: strangers.length > 0, capabilities, rules, followed: [], programs, open };
}

/** Where modules come from that may ask for a device: a TPM, a token at USB. */
function strangersOf(global: Config['global']): readonly string[] {
  const settings = said([process.env['OPENSSL_CONF']]).map(() => 'OPENSSL_CONF');
  return [...strangeProviders(global).map((name) => `provider ${name}`), ...settings];
}

/** The files a section names. They are read again when they change, by their names: their folder must be in reach. */
function filesNamed({ tls, trust, revocation, verify, names, psk, sessions, acme }: Config['services'][number]): readonly string[] {
  const pins = verify.pins.flatMap((pin) => (pin.kind === 'file' ? [pin.path] : []));
  const { cert, key } = tls;
  const named = [
    cert,
    key,
    trust.caFile,
    trust.caPath,
    trust.caStore,
    revocation.crlFile,
    revocation.crlPath,
    names.mapFile,
    names.hostsFile,
  ];
  return said([...named, ...pins, psk?.secretsFile, sessions.ticketFile, acme?.caFile, acme?.binding?.keyFile]);
}

/** Standard streams may be files, and are opened once more. */
function streams(): readonly string[] {
  return ['/proc/self/fd/0', '/proc/self/fd/1', '/proc/self/fd/2'];
}

function isFile(path: string): boolean {
  return path !== '-' && path !== 'syslog' && standardStreamOf(path) === undefined;
}
