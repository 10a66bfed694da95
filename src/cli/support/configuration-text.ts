/**
 * A configuration as a stranger may read it. What is shown is what is known to be harmless: the values of options that the table knows
 * and that are no secret. Comments, mistyped options and lines that cannot be read may hold anything, and are left out.
 */
import { findOption } from '../../config/option-table.ts';
import type { Line } from '../../config/read/parse.ts';
import { parseConfig } from '../../config/read/parse.ts';
import type { ConfigSource } from '../../config/read/source.ts';
import { readDirectory, readSource } from '../../config/read/source.ts';
import { hideSecretParts, hideStreamKey } from '../../text/secret-parts.ts';

export const HIDDEN = '***';
/** Options whose value is a command line or a command to a library: there may be a password in it. */
const MAY_HOLD_SECRETS: ReadonlySet<string> = new Set(['execArgs', 'engineCtrl']);
/** What stands before the part that may be a secret: a header may be `Proxy-Authorization`, a variable `PGPASSWORD`. */
const NAME_BEFORE_SECRET: Readonly<Record<string, RegExp>> = { protocolHeader: /^[^:]*:\s*/, setEnv: /^[^=]*=\s*/ };

export interface ShownConfiguration {
  /** `FILE:LINE: name = value`, one line each; or why it cannot be read. */
  readonly lines: readonly string[];
  /** What was replaced by `***`: it must appear nowhere else either. */
  readonly hidden: readonly string[];
}

/** Reads the configuration and the files it includes. Never throws. */
export function shownConfiguration(from: ConfigSource): ShownConfiguration {
  const read = readSource(from, false);
  if (!read.ok) return { lines: [`${read.file}: ${read.error}; ${read.remedy}`], hidden: [] };
  const { defaults, sections } = parseConfig(read.source, readDirectory);
  const hidden: string[] = [];
  const show = (line: Line): string => {
    const place = `${line.at.file}:${line.at.line}: `;
    if (line.kind === 'notice') return `${place}(${line.text})`;
    if (line.kind === 'broken') return `${place}${hide(line.at.text, hidden)} (${line.code})`;
    return `${place}${line.name} = ${shownValue(line.name, line.value, hidden)}`;
  };
  const lines = [
    ...defaults.map(show),
    ...sections.flatMap(({ name, at, lines: own }) => [`${at.file}:${at.line}: [${name}]`, ...own.map(show)]),
  ];
  return { lines, hidden };
}

function shownValue(name: string, value: string, hidden: string[]): string {
  const option = findOption(name);
  if (option === undefined || option.secret === true || MAY_HOLD_SECRETS.has(option.name)) return hide(value, hidden);
  const hideThis = (secret: string): string => hide(secret, hidden);
  const before = NAME_BEFORE_SECRET[option.name];
  if (before !== undefined) {
    const shown = before.exec(value)?.[0] ?? '';
    return `${shown}${hideThis(value.slice(shown.length))}`;
  }
  return hideSecretParts(option.name === 'rtmpRewrite' ? hideStreamKey(value, hideThis) : value, hideThis);
}

function hide(text: string, hidden: string[]): string {
  if (text === '') return '';
  hidden.push(text);
  return HIDDEN;
}
