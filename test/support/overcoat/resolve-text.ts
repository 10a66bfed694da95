/** A configuration given as text in a test: parsed and resolved as a file would be, without one. */
import assert from 'node:assert/strict';
import type { Config, ServiceConfig } from '../../../src/config/config.ts';
import type { Problem } from '../../../src/config/problem.ts';
import { parseConfig } from '../../../src/config/read/parse.ts';
import { resolveConfig } from '../../../src/config/resolve/resolve-config.ts';
import { clientSection, serverSection } from './config-text.ts';

export interface Resolved {
  readonly config: Config;
  /** Without those that say that something is not available yet. */
  readonly errors: readonly Problem[];
  readonly pending: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export interface TextOptions {
  readonly strict?: boolean;
  /** Files of included directories by directory. */
  readonly directories?: ReadonlyMap<string, readonly { readonly file: string; readonly text: string }[]>;
}

export function resolveText(text: string, { strict = false, directories = new Map() }: TextOptions = {}): Resolved {
  const readDirectory = (directory: string) => {
    const files = directories.get(directory);
    return files === undefined ? { error: 'No such file or directory (2)' } : { files, dangling: [] };
  };
  const parsed = parseConfig({ file: 't.conf', text }, readDirectory);
  const { config, problems } = resolveConfig(parsed, { strict, drainMs: 30_000, control: undefined, source: '/t.conf', file: 't.conf' });
  const errors = problems.filter((problem) => problem.severity === 'error');
  const isPending = (problem: Problem): boolean => problem.code === 'config_not_available';
  return {
    config,
    errors: errors.filter((problem) => !isPending(problem)),
    pending: errors.filter(isPending),
    warnings: problems.filter((problem) => problem.severity === 'warning'),
  };
}

/** The only service of a configuration that must be without errors; what is not available yet is none here. */
export function serviceOf(text: string, options: TextOptions = {}): ServiceConfig {
  const { config, errors } = resolveText(text, options);
  assert.deepEqual(errors, []);
  const [service, ...more] = config.services;
  assert.ok(service !== undefined && more.length === 0, 'one service expected');
  return service;
}

/** A client section that is right in itself, with more lines. */
export function clientService(...lines: readonly string[]): string {
  return clientSection('s', { accept: 1, connect: 'example.org:443' }, lines.join('\n'));
}

/** A server section that is right in itself, with more lines. */
export function serverService(...lines: readonly string[]): string {
  return serverSection('s', { accept: '443', connect: '80', cert: 'server.pem' }, lines.join('\n'));
}
