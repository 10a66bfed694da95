/**
 * The Debian packages, made with dpkg-deb alone: `overcoat` has the single executable and what belongs to it on a system, and
 * `overcoat-stunnel` gives it the names of stunnel. The files beside it, tools/package/debian/, are installed as they are.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import {
  chmodSync,
  cpSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT } from '../sources.ts';
import { ownManifest } from './npm-package.ts';

const PARTS = join(ROOT, 'tools/package/debian');
/** Whoever publishes is named by the variables of Debian's own tools; without them a domain that nobody can have (RFC 2606), since the project has no home. */
const MAINTAINER = `${process.env['DEBFULLNAME'] ?? 'Overcoat maintainers'} <${process.env['DEBEMAIL'] ?? 'maintainers@overcoat.example'}>`;

export interface DebInputs {
  /** The single executable. */
  readonly executable: string;
  /** `amd64`, as dpkg calls the machine it is for. */
  readonly architecture: string;
  /** How often this version has been packaged, from 1. */
  readonly revision: number;
  /** The licences of what is in it. */
  readonly licences: string;
  /** Seconds since 1970: of every file in the packages, and of their changelog. */
  readonly time: number;
}

/** A file to be: where it goes, below the root, and what it holds; `zip`: gzip it. */
interface Installed {
  readonly to: string;
  readonly text: string | Uint8Array;
  readonly zip?: true;
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly files: readonly Installed[];
  /** Copied rather than read. */
  readonly copies: readonly { readonly from: string; readonly to: string }[];
  readonly links: readonly { readonly at: string; readonly to: string }[];
  readonly folders: readonly string[];
  /** Names of scripts in tools/package/debian/, `NAME.postinst` and so on. */
  readonly scripts: readonly string[];
}

/** Writes the packages into a folder. @returns the names of the files */
export function writeDebs(folder: string, inputs: DebInputs): readonly string[] {
  const version = `${ownManifest().version}-${inputs.revision}`;
  return [overcoatPackage(inputs, version), stunnelPackage(inputs, version)].map((each) => writeDeb(folder, each, inputs.time));
}

function overcoatPackage({ executable, architecture, licences, time }: DebInputs, version: string): Package {
  const doc = 'usr/share/doc/overcoat';
  return {
    name: 'overcoat',
    version,
    architecture,
    fields: {
      // What the runtime is linked with; debootstrap's smallest system lacks libatomic1.
      Depends: 'adduser, libatomic1, libc6 (>= 2.28), libgcc-s1, libstdc++6',
      Recommends: 'iproute2, nftables',
      Suggests: 'logrotate, overcoat-stunnel, systemd',
      Description: `TLS for programs that speak plain TCP
 An application that cannot encrypt keeps talking as it always did, and what
 it says travels wrapped. Overcoat reads a stunnel.conf as it is, wraps what
 a gateway routes without knowing the destinations beforehand, or wraps one
 command. Certificates are verified before the first byte is relayed.`,
    },
    copies: [
      { from: executable, to: 'usr/bin/overcoat' },
      ...readdirSync(join(ROOT, 'docs'), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => ({ from: join(ROOT, 'docs', name), to: `${doc}/${name}` })),
      { from: join(ROOT, 'README.md'), to: `${doc}/README.md` },
      ...readdirSync(join(ROOT, 'examples'))
        .filter((name) => name.endsWith('.conf'))
        .map((name) => ({ from: join(ROOT, 'examples', name), to: `${doc}/examples/${name}` })),
      { from: join(PARTS, 'overcoat@.socket'), to: `${doc}/examples/overcoat@.socket` },
      { from: join(PARTS, 'overcoat@.service'), to: 'usr/lib/systemd/system/overcoat@.service' },
      { from: join(PARTS, 'overcoat-gateway.service'), to: 'usr/lib/systemd/system/overcoat-gateway.service' },
      { from: join(PARTS, 'overcoat.tmpfiles'), to: 'usr/lib/tmpfiles.d/overcoat.conf' },
      { from: join(PARTS, 'overcoat.logrotate'), to: 'etc/logrotate.d/overcoat' },
      { from: join(PARTS, 'overcoat.lintian-overrides'), to: 'usr/share/lintian/overrides/overcoat' },
      { from: join(ROOT, 'completion/overcoat.bash'), to: 'usr/share/bash-completion/completions/overcoat' },
      { from: join(ROOT, 'completion/_overcoat'), to: 'usr/share/zsh/vendor-completions/_overcoat' },
      { from: join(ROOT, 'completion/overcoat.fish'), to: 'usr/share/fish/vendor_completions.d/overcoat.fish' },
    ],
    files: [
      ...['overcoat.1', 'overcoat-exec.1', 'overcoat-gateway.8', 'overcoat.conf.5'].map(manPage),
      { to: `${doc}/changelog.gz`, text: readFileSync(join(ROOT, 'CHANGELOG.md')), zip: true },
      { to: `${doc}/changelog.Debian.gz`, text: changelog('overcoat', version, time), zip: true },
      { to: `${doc}/copyright`, text: copyright(licences) },
      { to: `${doc}/licences.gz`, text: licences, zip: true },
    ],
    links: [],
    folders: ['etc/overcoat/keys'],
    scripts: ['overcoat.postinst', 'overcoat.prerm', 'overcoat.postrm'],
  };
}

function stunnelPackage({ licences, time }: DebInputs, version: string): Package {
  const doc = 'usr/share/doc/overcoat-stunnel';
  return {
    name: 'overcoat-stunnel',
    version,
    architecture: 'all',
    fields: {
      Depends: 'overcoat',
      Provides: 'stunnel',
      Description: `Overcoat in the place of stunnel
 /usr/bin/stunnel and /usr/bin/stunnel4 become Overcoat, with the command
 line, messages and exit codes of stunnel. Those of an installed stunnel4 are
 put aside, and come back when this package is removed.`,
    },
    copies: [{ from: join(PARTS, 'overcoat-stunnel.lintian-overrides'), to: 'usr/share/lintian/overrides/overcoat-stunnel' }],
    files: [
      manPage('overcoat-stunnel.8'),
      { to: `${doc}/changelog.Debian.gz`, text: changelog('overcoat-stunnel', version, time), zip: true },
      { to: `${doc}/copyright`, text: copyright(licences) },
    ],
    links: [
      ...['overcoat-stunnel', 'stunnel', 'stunnel4'].map((name) => ({ at: `usr/bin/${name}`, to: 'overcoat' })),
      { at: 'usr/share/bash-completion/completions/overcoat-stunnel', to: 'overcoat' },
    ],
    folders: [],
    scripts: ['overcoat-stunnel.preinst', 'overcoat-stunnel.postrm'],
  };
}

function manPage(file: string): Installed {
  return { to: `usr/share/man/man${file.slice(-1)}/${file}.gz`, text: readFileSync(join(ROOT, 'docs/man', file)), zip: true };
}

function changelog(name: string, version: string, time: number): string {
  const when = new Date(time * 1000).toUTCString().replace('GMT', '+0000');
  return `overcoat (${version}) unstable; urgency=medium

  * ${name === 'overcoat' ? 'See changelog.gz.' : 'See the changelog of overcoat.'}

 -- ${MAINTAINER}  ${when}
`;
}

/** In the format of Debian, as far as it is ours; the rest stands in full beside it. */
function copyright(licences: string): string {
  const names = [...licences.matchAll(/^(\S+ \S+), in /gm)].map(([, name]) => name);
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Overcoat
Comment: /usr/bin/overcoat holds Node.js and ${names.length === 0 ? 'packages' : names.join(', ')}; their licences are in
 /usr/share/doc/overcoat/licences.gz.

Files: *
Copyright: 2026 the authors of Overcoat
License: Apache-2.0
 On Debian systems the whole text of the Apache License, Version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
`;
}

function writeDeb(folder: string, each: Package, time: number): string {
  const stage = mkdtempSync(join(tmpdir(), 'overcoat-deb-'));
  try {
    fill(stage, each);
    control(stage, each);
    settle(stage, time);
    const file = `${each.name}_${each.version}_${each.architecture}.deb`;
    const words = ['--root-owner-group', '-Zgzip', '--build', stage, join(folder, file)];
    execFileSync('dpkg-deb', words, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, SOURCE_DATE_EPOCH: String(time) } });
    return file;
  } finally {
    rmSync(stage, { recursive: true });
  }
}

function fill(stage: string, { files, copies, links, folders }: Package): void {
  for (const path of folders) mkdirSync(join(stage, path), { recursive: true });
  for (const { from, to } of copies) cpSync(from, place(stage, to));
  for (const { to, text, zip } of files) writeFileSync(place(stage, to), zip === true ? gzipSync(text, { level: 9 }) : text);
  for (const { at, to } of links) symlinkSync(to, place(stage, at));
}

function place(stage: string, path: string): string {
  mkdirSync(join(stage, dirname(path)), { recursive: true });
  return join(stage, path);
}

/** DEBIAN/: what dpkg reads. */
function control(stage: string, { name, version, architecture, fields, scripts }: Package): void {
  const files = everythingIn(stage).filter(({ facts }) => facts.isFile());
  const size = Math.ceil(files.reduce((sum, { facts }) => sum + facts.size, 0) / 1024);
  const { Description = '', ...others } = fields;
  const all = {
    Package: name,
    Version: version,
    Architecture: architecture,
    Maintainer: MAINTAINER,
    'Installed-Size': String(size),
    ...others,
    Section: 'net',
    Priority: 'optional',
    Description,
  };
  const sums = files.map(({ path }) => `${md5(readFileSync(join(stage, path)))}  ${path}\n`);
  const settings = files.filter(({ path }) => path.startsWith('etc/')).map(({ path }) => `/${path}\n`);
  mkdirSync(join(stage, 'DEBIAN'));
  writeFileSync(
    join(stage, 'DEBIAN/control'),
    Object.entries(all)
      .map(([field, value]) => `${field}: ${value}\n`)
      .join(''),
  );
  writeFileSync(join(stage, 'DEBIAN/md5sums'), sums.join(''));
  if (settings.length > 0) writeFileSync(join(stage, 'DEBIAN/conffiles'), settings.join(''));
  for (const script of scripts) cpSync(join(PARTS, script), join(stage, 'DEBIAN', script.slice(script.lastIndexOf('.') + 1)));
}

/** The same rights and times wherever and whenever it is built. */
function settle(stage: string, time: number): void {
  const programs = /^(?:usr\/bin\/|DEBIAN\/(?:preinst|postinst|prerm|postrm)$)/;
  for (const { path, facts } of [...everythingIn(stage), { path: '', facts: lstatSync(stage) }]) {
    const file = join(stage, path);
    if (facts.isSymbolicLink()) lutimesSync(file, time, time);
    else {
      chmodSync(file, facts.isDirectory() || programs.test(path) ? 0o755 : 0o644);
      utimesSync(file, time, time);
    }
  }
}

interface Entry {
  readonly path: string;
  readonly facts: Stats;
}

function everythingIn(stage: string): readonly Entry[] {
  const paths = readdirSync(stage, { recursive: true, encoding: 'utf8' }).sort();
  return paths.map((path) => ({ path, facts: lstatSync(join(stage, path)) }));
}

/** As dpkg's lists of files have it; it guards against accidents, not against people. */
function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}
