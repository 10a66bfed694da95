/**
 * Imports run one way, as docs/architecture.md says: each folder of src/ lists what it may use, the steps of a connection never
 * meet, C is called in few files, and every package used is declared. Type imports count too: a type is knowledge.
 */
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import type { Finding, Source } from './sources.ts';
import { conclude, lineAt, ROOT, sources } from './sources.ts';

/**
 * Folder of src/ -> what its files may import from src/, as path prefixes; its own folder and the few files directly in src/
 * always. A folder that is missing here is a finding: decide where it stands.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  cli: [''],
  demo: ['config/', 'daemon/', 'connection/', 'tls/', 'names/', 'linux/', 'observe/'],
  daemon: ['config/', 'connection/', 'tls/', 'protocols/', 'names/', 'programs/', 'linux/', 'observe/'],
  gateway: ['config/', 'daemon/', 'connection/', 'tls/', 'names/', 'linux/', 'observe/'],
  exec: ['config/', 'daemon/', 'connection/', 'tls/', 'names/', 'programs/', 'linux/', 'observe/', 'gateway/'],
  connection: [
    'config/config.ts',
    'tls/',
    'openssl/',
    'sockets/',
    'relay/',
    'protocols/',
    'names/',
    'programs/',
    'linux/',
    'observe/events.ts',
  ],
  config: ['tls/', 'protocols/', 'names/', 'linux/', 'observe/events.ts'],
  observe: ['config/config.ts', 'linux/'],
  tls: ['config/config.ts', 'observe/events.ts', 'openssl/', 'linux/'],
  openssl: ['sockets/', 'native/', 'linux/'],
  relay: ['sockets/'],
  sockets: ['native/', 'linux/'],
  native: [],
  protocols: ['config/config.ts', 'observe/events.ts', 'linux/socket-address.ts'],
  names: ['config/config.ts', 'observe/events.ts'],
  programs: ['config/config.ts', 'linux/'],
  linux: [],
};

/** The steps of a connection (src/connection/). Only handle.ts knows them all; listener.ts admits a connection and hands it over. */
const STEPS = ['admit', 'access', 'destination', 'server-name', 'upstream', 'negotiate', 'virtual-host', 'handshake', 'relay'];
/** Package -> the only files that may import it. */
const CONFINED: Readonly<Record<string, readonly string[]>> = { koffi: ['src/linux/libc.ts', 'src/native/binding.ts'] };

const IMPORT = /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g;

const files = sources(['src', 'test', 'tools'], ['.ts']);
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly dependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
};
conclude(files.length, [...files.flatMap(importFindings), ...dependencyFindings()]);

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
  const only = CONFINED[name];
  if (only !== undefined && !only.includes(path)) return `imports ${name}, which only ${only.join(' and ')} may`;
  const known = path.startsWith('src/') ? manifest.dependencies : { ...manifest.dependencies, ...manifest.devDependencies };
  return name in known ? undefined : `imports ${name}, which is not in package.json${path.startsWith('src/') ? ' as a dependency' : ''}`;
}

function judgeFolder(path: string, imported: string): string | undefined {
  const [folder = ''] = path.split('/');
  if (!imported.includes('/')) return undefined;
  if (!path.includes('/')) return 'a file directly in src/ is for everyone and uses no folder';
  const allowed = MAY_IMPORT[folder];
  if (allowed === undefined) return `the folder src/${folder} has no place in tools/check-imports.ts`;
  if (imported.startsWith(`${folder}/`)) return folder === 'connection' ? judgeStep(path, imported) : undefined;
  if (allowed.some((prefix) => imported.startsWith(prefix))) return undefined;
  return `${folder}/ may not import ${imported} (docs/architecture.md: imports run one way)`;
}

function judgeStep(path: string, imported: string): string | undefined {
  const name = (file: string): string => file.slice('connection/'.length, -'.ts'.length);
  const [from, to] = [name(path), name(imported)];
  if (to === 'handle') return from === 'listener' ? undefined : 'only listener.ts may import handle.ts';
  if (from === 'listener' && to === 'admit') return undefined;
  if (STEPS.includes(to) && from !== 'handle') return `${to}.ts is a step: only handle.ts may import it`;
  return undefined;
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
