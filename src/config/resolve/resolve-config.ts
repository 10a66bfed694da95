/**
 * Sections in, `Config` out. Everything is read before anything is judged lost: all mistakes are collected, in the order of the file,
 * the checks of a section behind its lines.
 */

import type { Config, ServiceConfig } from '../config.ts';
import type { OptionName } from '../option-table.ts';
import type { Problem } from '../problem.ts';
import type { Blame } from '../read/blame.ts';
import { blame } from '../read/blame.ts';
import { Draft } from '../read/draft.ts';
import type { ParsedConfig, Section, SourceLine } from '../read/parse.ts';
import { withoutRepeats } from '../read/problems.ts';
import { readStatements } from '../read/read-statements.ts';
import type { LauncherDefaults } from './global.ts';
import { resolveGlobal } from './global.ts';
import { resolveService } from './service.ts';

export interface ResolveOptions extends LauncherDefaults {
  /** Warnings about unsafe choices become errors. */
  readonly strict: boolean;
  /** Real path of the file. */
  readonly source: string;
  /** The file's name in messages. */
  readonly file: string;
}

export interface ResolvedConfig {
  /** May be used only where no problem is an error. */
  readonly config: Config;
  readonly problems: readonly Problem[];
  /** The line to blame for a failure of the service with this index, when its files are opened. */
  readonly blame: (service: number, message: string) => Blame;
  /**
   * The line of an option: of the service with this index, or of the global part. Without such a line the section's header.
   * @param nth which of several lines that all count, from 0; the last without
   */
  readonly placeOf: SourceLineOf;
}

export type SourceLineOf = (service: number | undefined, option: OptionName | '', nth?: number) => SourceLine;

/** Never throws: everything that is wrong is in `problems`, by line. */
export function resolveConfig(parsed: ParsedConfig, options: ResolveOptions): ResolvedConfig {
  const start: SourceLine = { file: options.file, line: 0, text: '' };
  const defaults = new Draft();
  const problems: Problem[] = [...readStatements(parsed.defaults, defaults, false)];
  const { global, problems: globalProblems } = resolveGlobal(defaults, start, options);
  problems.push(...globalProblems);

  const services: ServiceConfig[] = [];
  const ofServices: (readonly Problem[])[] = [];
  const inetd = parsed.sections.length === 0;
  const sections = inetd ? [inetdSection(defaults, start)] : parsed.sections.map((section) => readSection(section, defaults));
  for (const { draft, name, at, problems: mistakes } of sections) {
    const { service, problems: conflicts } = resolveService(draft, {
      name,
      at,
      inetd,
      strict: options.strict,
      jailed: global.chroot !== undefined,
      earlier: services,
    });
    ofServices.push([...mistakes, ...conflicts]);
    problems.push(...mistakes, ...conflicts);
    services.push(service);
  }
  const distinct = withoutRepeats(problems);
  const told = (about: readonly Problem[]): readonly string[] => linesOf(distinct.filter((problem) => about.includes(problem)));
  const general = distinct.filter((problem) => !ofServices.flat().includes(problem));
  return {
    config: {
      source: options.source,
      inetd,
      strict: options.strict,
      global,
      services: services.map((service, index) => ({ ...service, warnings: told(ofServices[index] ?? []) })),
      warnings: linesOf(general),
    },
    problems: options.strict ? distinct.map(strictly) : distinct,
    blame: (service, message) => {
      const section = sections[service];
      return section === undefined ? { option: '', at: start } : blame(message, section.draft, section.at);
    },
    placeOf: (service, option, nth = -1) => {
      const { draft, at } = (service === undefined ? undefined : sections[service]) ?? { draft: defaults, at: start };
      return option === '' ? at : (draft.entries(option).at(nth)?.statement.at ?? at);
    },
  };
}

interface ReadSection {
  readonly name: string;
  readonly at: SourceLine;
  readonly draft: Draft;
  readonly problems: readonly Problem[];
}

function readSection(section: Section, defaults: Draft): ReadSection {
  const draft = new Draft(defaults, ['service']);
  return { name: section.name, at: section.at, draft, problems: readStatements(section.lines, draft, true) };
}

/** A file without sections is one service, and everything was read already. */
function inetdSection(defaults: Draft, at: SourceLine): ReadSection {
  return { name: 'stunnel', at, draft: defaults, problems: [] };
}

/** As the log shows warnings; mistakes keep a start from getting that far. */
function linesOf(problems: readonly Problem[]): readonly string[] {
  return problems.filter(({ severity }) => severity === 'warning').flatMap(({ stunnelText }) => stunnelText.split('\n'));
}

function strictly(problem: Problem): Problem {
  return problem.unsafe ? { ...problem, severity: 'error' } : problem;
}
