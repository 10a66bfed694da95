/**
 * The text of /etc/hosts.allow and /etc/hosts.deny as rules (hosts_access(5), hosts_options(5)): `daemons : clients : option : ...`,
 * a backslash joins lines, addresses with colons stand in brackets. Pure; what the words of a rule mean is in `patterns.ts`.
 */

/** `words EXCEPT except`: any of the words, and none of the exception. */
export interface PatternList {
  readonly words: readonly string[];
  readonly except: PatternList | undefined;
}

export interface AccessRule {
  /** 1-based, where it begins. */
  readonly line: number;
  readonly daemons: PatternList;
  readonly clients: PatternList;
  /** Trimmed, in order: `deny`, `spawn (command)`. */
  readonly options: readonly string[];
}

/** A line that is no rule is given back as such: what it was meant to forbid must not become allowed. */
export type AccessLine = AccessRule | { readonly line: number; readonly problem: string };

/** The lines of hosts_access(5), one a rule, continued by a backslash. Never throws: a rule that cannot be read is one with its fault. */
export function parseAccessRules(text: string): readonly AccessLine[] {
  const rules: AccessLine[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = index + 1;
    let rule = lines[index] ?? '';
    while (rule.endsWith('\\') && index + 1 < lines.length) {
      index += 1;
      rule = rule.slice(0, -1) + (lines[index] ?? '');
    }
    if (rule.startsWith('#') || rule.trim() === '') continue;
    rules.push(parseRule(rule, line));
  }
  return rules;
}

function parseRule(text: string, line: number): AccessLine {
  const [daemons = '', clients, ...options] = fieldsOf(text);
  if (clients === undefined) return { line, problem: 'there is no ":" between daemons and clients' };
  if (options.at(-1) === '') options.pop();
  return { line, daemons: listOf(wordsOf(daemons)), clients: listOf(wordsOf(clients)), options };
}

/** Parts between colons; not those in brackets, nor those behind a backslash, which goes. */
function fieldsOf(text: string): string[] {
  const fields: string[] = [];
  let field = '';
  let inBrackets = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charAt(index);
    if (char === '[') inBrackets = true;
    if (char === ']') inBrackets = false;
    if (char === '\\' && text.charAt(index + 1) === ':') {
      index += 1;
      field += ':';
    } else if (char === ':' && !inBrackets) {
      fields.push(field.trim());
      field = '';
    } else {
      field += char;
    }
  }
  return [...fields, field.trim()];
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

/** `a EXCEPT b EXCEPT c` is a without (b without c). */
function listOf(words: readonly string[]): PatternList {
  const at = words.findIndex((word) => word.toUpperCase() === 'EXCEPT');
  if (at < 0) return { words, except: undefined };
  return { words: words.slice(0, at), except: listOf(words.slice(at + 1)) };
}
