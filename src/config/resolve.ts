/**
 * Sections in, `Config` out. Everything is read before anything is judged lost: all mistakes are collected, in the order of the file,
 * the checks of a section behind its lines.
 */
import type { Config, Problem, ServiceConfig } from './config.ts';
import { Draft } from './draft.ts';
import type { ParsedConfig, Place, Section } from './parse.ts';
import { readStatements } from './read-statements.ts';
import { resolveGlobal } from './resolve/global.ts';
import type { ResolvedService } from './resolve/service.ts';
import { resolveService } from './resolve/service.ts';

export interface ResolveOptions {
  /** Warnings about unsafe choices become errors. */
  readonly strict: boolean;
  /** What TIMEOUTdrain is where nothing is said, in milliseconds. */
  readonly drainMs: number;
  /** Real path of the file. */
  readonly source: string;
  /** The file's name in messages. */
  readonly file: string;
}

/** The configuration may be used only where no problem is an error. */
export function resolveConfig(
  parsed: ParsedConfig,
  options: ResolveOptions,
): { readonly config: Config; readonly problems: readonly Problem[] } {
  const start: Place = { file: options.file, line: 0, text: '' };
  const defaults = new Draft();
  const problems: Problem[] = [...readStatements(parsed.defaults, defaults, false)];
  const { global, problems: globalProblems } = resolveGlobal(defaults, start, options.drainMs);
  problems.push(...globalProblems);

  const services: ServiceConfig[] = [];
  const inetd = parsed.sections.length === 0;
  const results = inetd
    ? [resolveInetd(defaults, start, options)]
    : parsed.sections.map((section) => resolveSection(section, defaults, services, options));
  for (const result of results) problems.push(...result.problems);
  if (inetd) services.push(...results.map((result) => result.service));
  const distinct = withoutRepeats(problems);
  return {
    config: { source: options.source, inetd, strict: options.strict, global, services },
    problems: options.strict ? distinct.map(strictly) : distinct,
  };
}

/** The new service is added to `services`, so that the sections below can name it. */
function resolveSection(section: Section, defaults: Draft, services: ServiceConfig[], options: ResolveOptions): ResolvedService {
  const draft = new Draft(defaults, ['service']);
  const problems = readStatements(section.lines, draft, true);
  const context = { name: section.name, at: section.at, inetd: false, strict: options.strict, earlier: services };
  const resolved = resolveService(draft, context);
  services.push(resolved.service);
  return { service: resolved.service, problems: [...problems, ...resolved.problems] };
}

function resolveInetd(defaults: Draft, at: Place, options: ResolveOptions): ResolvedService {
  return resolveService(defaults, { name: 'stunnel', at, inetd: true, strict: options.strict, earlier: [] });
}

function strictly(problem: Problem): Problem {
  return problem.unsafe ? { ...problem, severity: 'error' } : problem;
}

/** A default that is wrong would otherwise be reported once for every section that inherits it. */
function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ file, line, option, text }) => {
    const key = JSON.stringify([file, line, option, text]);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
