/**
 * The OCI image: the single executable on the few Debian packages it needs, which apt fetches and verifies. No daemon is asked: umoci
 * writes the layers. There is no shell in it; what runs is nobody in particular (65532), on a root that may be read-only.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** The C library, what the runtime is linked with, and the authorities that `CAfile = /etc/ssl/certs/ca-certificates.crt` means. */
const DEBIAN_PACKAGES = ['libc6', 'libgcc-s1', 'libstdc++6', 'libatomic1', 'ca-certificates'];

const AUTHORITIES = 'etc/ssl/certs/ca-certificates.crt';
const USER = 65_532;
/** For names of accounts; nothing in the image belongs to this one. */
const ACCOUNTS = {
  'etc/passwd': `root:x:0:0:root:/:/sbin/nologin\novercoat:x:${USER}:${USER}:Overcoat:/:/sbin/nologin\n`,
  'etc/group': `root:x:0:\novercoat:x:${USER}:\n`,
};
/** Where a container gets something mounted. */
const MOUNT_POINTS = ['etc/overcoat', 'dev', 'proc', 'run', 'sys', 'tmp'];

/** What is started without further arguments. */
const START = { entrypoint: ['/usr/bin/overcoat'], arguments: ['run', '--status', '9080', '/etc/overcoat/overcoat.conf'] };
const SECOND = 1_000_000_000;
/** Docker's member of an image's configuration: the specification of OCI has none, and other runtimes pass it over. Times in nanoseconds. */
const HEALTH_CHECK = {
  Test: ['CMD', '/usr/bin/overcoat', 'status', '--port', '9080'],
  Interval: 30 * SECOND,
  Timeout: 10 * SECOND,
  StartPeriod: 10 * SECOND,
  StartInterval: SECOND,
};

export interface ImageOptions {
  /** For x64. */
  readonly executable: string;
  readonly version: string;
  /** Seconds; the time of every file and layer. */
  readonly builtAt: number;
  /** An empty folder, left full. */
  readonly work: string;
  /** The archive: an OCI layout as one file. */
  readonly output: string;
}

/** The same whatever the rights of new files are where it is built. @throws Error where apt-get, dpkg-deb or umoci is missing or fails */
export function writeImage(options: ImageOptions): void {
  const before = process.umask(0o022);
  try {
    write(options);
  } finally {
    process.umask(before);
  }
}

function write({ executable, version, builtAt, work, output }: ImageOptions): void {
  const [base, program, layout] = ['base', 'program', 'layout'].map((name) => join(work, name)) as [string, string, string];
  layBase(base, join(work, 'packages'));
  mkdirSync(join(program, 'usr/bin'), { recursive: true });
  copyFileSync(executable, join(program, 'usr/bin/overcoat'));
  symlinkSync('overcoat', join(program, 'usr/bin/overcoat-stunnel'));
  const created = new Date(builtAt * 1000).toISOString();
  const image = `${layout}:${version}`;
  umoci('init', '--layout', layout);
  umoci('new', '--image', image);
  for (const folder of [base, program]) {
    setTimes(folder, builtAt);
    umoci('insert', '--image', image, '--history.created', created, folder, '/');
  }
  umoci(
    ...['config', '--image', image, '--created', created, '--history.created', created, '--os', 'linux', '--architecture', 'amd64'],
    ...['--config.user', `${USER}:${USER}`, '--config.workingdir', '/'],
    ...START.entrypoint.flatMap((word) => ['--config.entrypoint', word]),
    ...START.arguments.flatMap((word) => ['--config.cmd', word]),
    ...['--config.label', 'org.opencontainers.image.title=overcoat', '--config.label', `org.opencontainers.image.version=${version}`],
  );
  finishDescription(layout, `overcoat:${version}`);
  umoci('gc', '--layout', layout);
  rmSync(output, { force: true });
  setTimes(layout, builtAt);
  run(
    'tar',
    '--create',
    '--file',
    output,
    '--directory',
    layout,
    '--sort=name',
    '--mode=a+rX',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '.',
  );
}

/**
 * What umoci does not know. A health check: the configuration is written once more with it, and what names it by its digest. The name that
 * whoever loads the image gives it: without the annotation podman takes the version for the name. And `manifest.json`, the description of an
 * image that `docker save` writes: docker with its usual store reads no other.
 */
function finishDescription(layout: string, name: string): void {
  const index = readJson(join(layout, 'index.json'));
  const [{ digest }] = index['manifests'] as [Blob];
  const manifest = readJson(blobAt(layout, digest)) as { readonly config: Blob; readonly layers: readonly Blob[] };
  const { config, ...settings } = readJson(blobAt(layout, manifest.config.digest));
  const changed = { ...settings, config: { ...(config as object), Healthcheck: HEALTH_CHECK } };
  const written = { ...manifest, config: { ...manifest.config, ...writeBlob(layout, changed) } };
  const [described] = index['manifests'] as [{ readonly annotations?: Readonly<Record<string, string>> }];
  const annotations = { ...described.annotations, 'io.containerd.image.name': `docker.io/library/${name}` };
  index['manifests'] = [{ ...described, ...writeBlob(layout, written), annotations }];
  writeFileSync(join(layout, 'index.json'), JSON.stringify(index));
  const saved = {
    Config: blobPath(written.config.digest),
    RepoTags: [name],
    Layers: written.layers.map((layer) => blobPath(layer.digest)),
  };
  writeFileSync(join(layout, 'manifest.json'), JSON.stringify([saved]));
}

/** As a descriptor of OCI names it. */
interface Blob {
  readonly digest: string;
  readonly size: number;
}

/** Within the layout. */
function blobPath(digest: string): string {
  return join('blobs', ...digest.split(':'));
}

function blobAt(layout: string, digest: string): string {
  return join(layout, blobPath(digest));
}

function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

function writeBlob(layout: string, content: object): Blob {
  const text = JSON.stringify(content);
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  writeFileSync(blobAt(layout, digest), text);
  return { digest, size: Buffer.byteLength(text) };
}

function layBase(root: string, downloads: string): void {
  mkdirSync(downloads);
  execFileSync('apt-get', ['download', '--quiet', '--option', 'APT::Sandbox::User=root', ...DEBIAN_PACKAGES], {
    cwd: downloads,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  mkdirSync(root);
  for (const file of readdirSync(downloads).sort()) {
    run('dpkg-deb', '--extract', join(downloads, file), root);
    keepStatus(join(downloads, file), join(root, 'var/lib/dpkg/status.d'));
  }
  for (const name of ['lib', 'lib64']) if (!existsSync(join(root, name))) symlinkSync(`usr/${name}`, join(root, name));
  for (const pattern of ['usr/share/{lintian,man,locale}', 'usr/share/doc/*/!(copyright)', 'usr/sbin'])
    for (const path of globSync(pattern, { cwd: root })) rmSync(join(root, path), { recursive: true, force: true });
  const certificates = globSync('usr/share/ca-certificates/**/*.crt', { cwd: root }).sort();
  writeText(root, AUTHORITIES, certificates.map((path) => `${readFileSync(join(root, path), 'utf8').trimEnd()}\n`).join(''));
  for (const [path, text] of Object.entries(ACCOUNTS)) writeText(root, path, text);
  for (const path of MOUNT_POINTS) mkdirSync(join(root, path), { recursive: true, mode: 0o755 });
  chmodSync(join(root, 'tmp'), 0o1777);
}

/** What looks for known flaws in images reads here which packages are in it. */
function keepStatus(file: string, folder: string): void {
  const name = execFileSync('dpkg-deb', ['--field', file, 'Package'], { encoding: 'utf8' }).trim();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), execFileSync('dpkg-deb', ['--field', file]));
}

function writeText(root: string, path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text, { mode: 0o644 });
}

function setTimes(folder: string, seconds: number): void {
  for (const path of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) lutimesSync(join(folder, path), seconds, seconds);
}

function umoci(...words: readonly string[]): void {
  run('umoci', '--log=error', ...words);
}

function run(program: string, ...words: readonly string[]): void {
  execFileSync(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
}
