/**
 * Imports run one way, as docs/architecture.md shows: each room of src/ lists what it uses, the steps of a connection never meet,
 * C is called in one file, the TLS library is known in one room, and every package used is declared. Type imports count too: a type is knowledge.
 */
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import type { Finding, Source } from './sources.ts';
import { conclude, lineAt, ROOT, sources } from './sources.ts';

/** Rooms without knowledge of the program: everybody may import them, and they import each other alone. */
export const GROUND: readonly string[] = ['address', 'text'];

/**
 * Room (folder of src/, the longest that fits) -> what its files may import from src/, as path prefixes; its own room, the ground and
 * the few files directly in src/ always. Exact: a room that is missing and an entry that nobody uses are findings.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  cli: [''],
  demo: [
    'status/http/guard.ts',
    'daemon/launch.ts',
    'daemon/start.ts',
    'tls/certificate/der-writer.ts',
    'observe/events.ts',
    'observe/log-lines.ts',
    'observe/log.ts',
    'config/commands.ts',
    'config/config.ts',
    'linux/files/find-program.ts',
    'linux/files/temporary-folder.ts',
  ],
  exec: [
    'gateway/',
    'daemon/services.ts',
    'daemon/process/vitals.ts',
    'openssl/library/version.ts',
    'connection/handle.ts',
    'connection/record.ts',
    'connection/accept/',
    'connection/dial/',
    'connection/relay/relay.ts',
    'connection/life/life.ts',
    'programs/environment.ts',
    'names/',
    'tls/material/key-material.ts',
    'sockets/',
    'status/',
    'observe/',
    'config/commands.ts',
    'config/config.ts',
    'linux/',
  ],
  gateway: [
    'names/pins/file-lock.ts',
    'observe/daemon-events.ts',
    'config/commands.ts',
    'config/config.ts',
    'config/values/accounts.ts',
    'linux/',
  ],
  daemon: [
    'acme/schedule.ts',
    'acme/wanted.ts',
    'openssl/library/version.ts',
    'daemon/workers/',
    'daemon/process/',
    'daemon/service-process/service-process.ts',
    'connection/handle.ts',
    'connection/record.ts',
    'connection/access/',
    'connection/accept/',
    'connection/dial/',
    'programs/standard-socket.ts',
    'names/',
    'tls/service-tls.ts',
    'tls/revocation/ocsp-check.ts',
    'tls/material/',
    'status/',
    'observe/',
    'config/config.ts',
    'config/protocol-names.ts',
    'sockets/bound-socket.ts',
    'sockets/passed-socket.ts',
    'config/flag-names.ts',
    'linux/',
  ],
  acme: ['tls/certificate/certificate-facts.ts', 'tls/certificate/der-reader.ts'],
  'daemon/service-process': ['acme/', 'tls/revocation/crl-fetch.ts', 'status/', 'names/', 'observe/events.ts', 'linux/libc/descriptors.ts'],
  'daemon/workers': [
    'daemon/',
    'connection/record.ts',
    'connection/access/',
    'connection/accept/',
    'connection/dial/',
    'programs/',
    'names/',
    'tls/engine/',
    'tls/material/',
    'status/',
    'observe/',
    'config/config.ts',
    'sockets/bound-socket.ts',
    'sockets/passed-socket.ts',
    'linux/',
  ],
  'daemon/process': [
    'daemon/engine.ts',
    'programs/program.ts',
    'tls/service-tls.ts',
    'names/pins/pin-store.ts',
    'tls/material/key-material.ts',
    'status/control.ts',
    'status/http/page-files.ts',
    'status/http/page-parts.ts',
    'observe/events.ts',
    'observe/sinks.ts',
    'config/config.ts',
    'config/defaults.ts',
    'linux/',
  ],
  connection: [
    'connection/access/',
    'connection/name/',
    'connection/dial/',
    'connection/talk/',
    'connection/secure/',
    'connection/relay/relay.ts',
    'connection/life/life.ts',
    'protocols/conversation.ts',
    'names/',
    'tls/service-tls.ts',
    'tls/engine/engine.ts',
    'sockets/leg.ts',
    'observe/events.ts',
    'config/config.ts',
  ],
  'connection/accept': [
    'connection/handle.ts',
    'connection/record.ts',
    'connection/access/sources.ts',
    'connection/dial/',
    'connection/life/life.ts',
    'sockets/',
    'observe/events.ts',
    'config/config.ts',
    'config/flag-names.ts',
    'config/protocol-names.ts',
    'linux/',
  ],
  'connection/access': ['connection/record.ts', 'connection/life/life.ts', 'config/config.ts'],
  'connection/name': [
    'connection/record.ts',
    'connection/life/',
    'protocols/',
    'names/',
    'tls/verdict/',
    'tls/certificate/',
    'tls/hello/client-hello.ts',
    'sockets/',
    'observe/',
    'config/config.ts',
  ],
  'connection/dial': [
    'connection/record.ts',
    'connection/life/life.ts',
    'programs/',
    'protocols/conversation.ts',
    'tls/engine/engine.ts',
    'tls/certificate/subject-text.ts',
    'sockets/',
    'config/config.ts',
    'linux/',
  ],
  'connection/talk': [
    'connection/record.ts',
    'connection/dial/targets.ts',
    'connection/life/',
    'protocols/',
    'tls/engine/engine.ts',
    'sockets/leg.ts',
    'config/config.ts',
    'linux/network/local-addresses.ts',
  ],
  'connection/secure': [
    'connection/record.ts',
    'connection/life/',
    'tls/engine/engine.ts',
    'tls/verdict/',
    'tls/certificate/server-name-pattern.ts',
    'sockets/',
  ],
  'connection/relay': ['connection/record.ts', 'connection/life/life.ts', 'sockets/', 'observe/events.ts'],
  'connection/life': ['sockets/', 'observe/events.ts', 'observe/observers.ts', 'config/config.ts'],
  programs: ['sockets/', 'config/config.ts', 'linux/'],
  protocols: ['sockets/', 'config/config.ts'],
  names: ['config/config.ts'],
  tls: [
    'tls/engine/',
    'tls/verdict/',
    'tls/revocation/',
    'tls/material/',
    'tls/certificate/name-text.ts',
    'tls/certificate/subject-text.ts',
    'observe/events.ts',
    'config/config.ts',
  ],
  'tls/engine': [
    'tls/verdict/',
    'tls/revocation/',
    'tls/material/',
    'tls/certificate/',
    'openssl/',
    'sockets/',
    'observe/events.ts',
    'config/config.ts',
    'config/tls-config.ts',
    'config/defaults.ts',
  ],
  'tls/verdict': [
    'openssl/',
    'tls/revocation/',
    'tls/material/',
    'tls/certificate/',
    'observe/certificate-events.ts',
    'config/config.ts',
    'config/tls-config.ts',
  ],
  'tls/revocation': ['tls/material/', 'tls/certificate/', 'observe/certificate-events.ts', 'config/config.ts', 'config/tls-config.ts'],
  'tls/material': [
    'openssl/library/provider.ts',
    'openssl/material/uri-store.ts',
    'openssl/library/errors.ts',
    'config/config.ts',
    'config/tls-config.ts',
    'linux/files/foreseen-file.ts',
    'linux/process/user-name.ts',
  ],
  'tls/certificate': [],
  'tls/hello': [],
  openssl: ['native/', 'sockets/'],
  sockets: ['native/', 'config/config.ts', 'linux/'],
  native: [],
  status: ['observe/', 'config/config.ts'],
  'status/http': ['status/', 'config/config.ts', 'linux/sockets/unix-socket.ts'],
  'status/page': [],
  observe: ['config/config.ts', 'config/flag-names.ts', 'linux/'],
  config: ['protocols/facts.ts', 'tls/cipher-list.ts', 'tls/engine/commands.ts', 'tls/engine/context.ts'],
  linux: [],
};

/** The steps of a connection. Only handle.ts knows them all; nobody imports a step of another room. */
const STEPS: ReadonlySet<string> = new Set(
  ['access/access', 'dial/destination', 'name/server-name', 'dial/upstream', 'talk/negotiate', 'secure/handshake', 'relay/relay'].map(
    (step) => `connection/${step}.ts`,
  ),
);
/** Who but handle.ts may: a connection without TLS has some of the steps. */
const FEWER_STEPS = 'exec/plain.ts';

/** Package or module -> the only places that may import it. */
const CONFINED: Readonly<Record<string, readonly string[]>> = {
  koffi: ['src/native/binding.ts', 'src/linux/libc/call.ts'],
  'node:tls': ['test/', 'bench/'],
};

const IMPORT = /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g;

const files = sources(['src', 'test', 'tools', 'bench'], ['.ts']);
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly dependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
};
/** Entries of the table that some file needs. */
const needed = new Set<string>();
if (import.meta.main) check();

function check(): void {
  const wrong = [...files.flatMap(importFindings), ...dependencyFindings()];
  // On a part of the sources the table says nothing.
  conclude(files.length, wrong.length === 0 && existsSync(join(ROOT, 'src/cli/main.ts')) ? unusedEntries() : wrong);
}

function importFindings(file: Source): Finding[] {
  return [...file.text.matchAll(IMPORT)].flatMap((match) => {
    const target = match[1] ?? match[2] ?? '';
    if (target.includes('${')) return []; // source text a test writes
    const text = judge(file.path, target);
    return text === undefined ? [] : [{ path: file.path, line: lineAt(file.text, match.index + match[0].indexOf(target)), text }];
  });
}

/** @returns what is wrong with `path` importing `target`, or undefined */
function judge(path: string, target: string): string | undefined {
  const only = CONFINED[target];
  if (only?.some((place) => path.startsWith(place)) === false) return `imports ${target}, which only ${only[0]} may`;
  if (target.startsWith('node:')) return undefined;
  if (!target.startsWith('.')) return judgePackage(path, target);
  if (!path.startsWith('src/')) return undefined;
  const imported = normalize(join(dirname(path), target));
  if (!imported.startsWith('src/')) return `imports ${target}: src/ stands alone`;
  return judgeFolder(path.slice(4), imported.slice(4));
}

function judgePackage(path: string, target: string): string | undefined {
  const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/');
  if (builtinModules.includes(target)) return `write 'node:${target}'`;
  const known = path.startsWith('src/') ? manifest.dependencies : { ...manifest.dependencies, ...manifest.devDependencies };
  return name in known ? undefined : `imports ${name}, which is not in package.json${path.startsWith('src/') ? ' as a dependency' : ''}`;
}

function judgeFolder(path: string, imported: string): string | undefined {
  if (!imported.includes('/') || GROUND.some((room) => imported.startsWith(`${room}/`))) return undefined;
  if (!path.includes('/')) return 'a file directly in src/ is for everyone and uses no room but the ground';
  const room = roomOf(path);
  if (room === undefined) return `the room of src/${path} has no place in tools/check-imports.ts`;
  if (imported === 'connection/handle.ts') return judgeHandle(path);
  if (STEPS.has(imported) && path !== 'connection/handle.ts' && path !== FEWER_STEPS)
    return `${imported} is a step: only handle.ts may import it`;
  if (roomOf(imported) === room) return undefined;
  const entry = MAY_IMPORT[room]?.find((prefix) =>
    prefix.endsWith('/') ? `${roomOf(imported)}/`.startsWith(prefix) : imported.startsWith(prefix),
  );
  if (entry === undefined) return `${room}/ may not import ${imported} (docs/architecture.md: imports run one way)`;
  needed.add(`${room} ${entry}`);
  return undefined;
}

function roomOf(path: string): string | undefined {
  const parts = path.split('/').slice(0, -1);
  for (let length = parts.length; length > 0; length -= 1) {
    const room = parts.slice(0, length).join('/');
    if (room in MAY_IMPORT || GROUND.includes(room)) return room;
  }
  return undefined;
}

/** Who begins connections hands them over; a step that knew the whole would close the circle. */
function judgeHandle(path: string): string | undefined {
  needed.add(`${roomOf(path)} connection/handle.ts`);
  return path.startsWith('connection/') && path !== 'connection/accept/listener.ts' ? 'only listener.ts may import handle.ts' : undefined;
}

function unusedEntries(): Finding[] {
  return Object.entries(MAY_IMPORT).flatMap(([room, entries]) =>
    entries
      .filter((entry) => !needed.has(`${room} ${entry}`))
      .map((entry) => ({ path: 'tools/check-imports.ts', line: 1, text: `${room} may import '${entry}' and does not` })),
  );
}

/** Every declared package has its line in docs/dependencies.md. */
function dependencyFindings(): Finding[] {
  const page = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');
  const declared = [manifest.dependencies, manifest.optionalDependencies, manifest.devDependencies].flatMap((part) => Object.entries(part));
  return declared.flatMap(([name, version]) => {
    const path = 'package.json';
    if (!/^\d/.test(version)) return [{ path, line: 0, text: `${name} needs an exact version, not ${version}` }];
    return page.includes(`\`${name}\``) ? [] : [{ path, line: 0, text: `${name} has no line in docs/dependencies.md` }];
  });
}
