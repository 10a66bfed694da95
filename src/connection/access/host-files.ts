/**
 * May this client use this service? /etc/hosts.allow is asked first, then /etc/hosts.deny, and the first rule that matches decides;
 * where none does the client may. Both files are looked at for every connection and read again when they have changed. No program
 * is ever run for a rule: one that asks for it, or that makes no sense, turns its clients away.
 */
import { freshFiles, readBounded } from '../../fresh-file.ts';
import type { AccessRequest } from './patterns.ts';
import { ruleMatches, UnusablePattern } from './patterns.ts';
import type { AccessLine, AccessRule } from './rules.ts';
import { parseAccessRules } from './rules.ts';

export interface AccessVerdict {
  readonly permitted: boolean;
  /** Why a client was turned away by something that is wrong with the rules; names the file and the line. */
  readonly problem?: string;
}

export interface HostFiles {
  readonly allow: string;
  readonly deny: string;
}

const HOST_FILES: HostFiles = { allow: '/etc/hosts.allow', deny: '/etc/hosts.deny' };

/** A list that long is a mistake, and would be read by everybody who connects. */
const LARGEST_FILE = 1_048_576;

/** Options that change nothing about who may come in. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(['keepalive', 'linger', 'nice', 'rfc931', 'severity', 'umask']);

/** A file that is not there has no rules. */
const rulesOf = freshFiles<readonly AccessLine[]>((path) => parseAccessRules(textOf(path, 'it')), []);

export async function judgeAccess(request: Omit<AccessRequest, 'wordsIn'>, hostFiles: HostFiles = HOST_FILES): Promise<AccessVerdict> {
  const full: AccessRequest = {
    ...request,
    wordsIn: (path) =>
      textOf(path, 'a list named in a rule')
        .split(/\s+/)
        .filter((word) => word !== ''),
  };
  for (const [path, permits] of [
    [hostFiles.allow, true],
    [hostFiles.deny, false],
  ] as const) {
    const verdict = await judgeBy(path, permits, full);
    if (verdict !== undefined) return verdict;
  }
  return { permitted: true };
}

async function judgeBy(path: string, permits: boolean, request: AccessRequest): Promise<AccessVerdict | undefined> {
  let line = 0;
  try {
    for (const rule of rulesOf(path)) {
      line = rule.line;
      if ('problem' in rule) throw new UnusablePattern(rule.problem);
      if (await ruleMatches(rule, request)) return { permitted: permitsBy(rule, permits) };
    }
    return undefined;
  } catch (cause) {
    return { permitted: false, problem: `${path}${line === 0 ? '' : ` line ${line}`}: ${(cause as Error).message}` };
  }
}

/** @throws UnusablePattern for an option that would have to be carried out */
function permitsBy({ options }: AccessRule, permits: boolean): boolean {
  let verdict = permits;
  for (const option of options) {
    const name = option.split(/[\s=(]/, 1)[0]?.toLowerCase() ?? '';
    if (name === 'allow') verdict = true;
    else if (name === 'deny') verdict = false;
    else if (!WITHOUT_EFFECT.has(name)) throw new UnusablePattern(`the option "${name}" is not supported, so its clients are refused`);
  }
  return verdict;
}

function textOf(path: string, what: string): string {
  try {
    return readBounded(path, LARGEST_FILE);
  } catch (cause) {
    if (cause instanceof RangeError) throw new UnusablePattern(`${what} is longer than ${LARGEST_FILE} bytes`);
    throw cause;
  }
}
