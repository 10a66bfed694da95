/** Runs `nft` and `ip`: with arguments, without a shell, in the C locale, and never for longer than a stuck kernel lock should take. */
import { execFile } from 'node:child_process';
import { OvercoatError } from '../../errors.ts';
import { needProgram } from '../../linux/files/find-program.ts';

const LIMIT_MS = 20_000;
const MAX_OUTPUT_BYTES = 64 * 2 ** 20; // a ruleset of somebody else's may be long

export interface ToolResult {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool to its end whatever it says. @throws OvercoatError `start_program` when it is not installed */
export function tryTool(name: string, words: readonly string[], input = ''): Promise<ToolResult> {
  const program = needProgram(name);
  return new Promise((resolve) => {
    const env = { ...process.env, LC_ALL: 'C' };
    const child = execFile(program, words, { env, timeout: LIMIT_MS, maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr: stderr === '' && error !== null ? error.message : stderr });
    });
    child.stdin?.on('error', () => undefined); // a tool that fails early does not read its input
    child.stdin?.end(input);
  });
}

/** @returns stdout. @throws OvercoatError `gateway_rules` with the first line of what the tool said */
export async function runTool(name: string, words: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await tryTool(name, words, input);
  if (code === 0) return stdout;
  throw new OvercoatError('gateway_rules', `${name} ${words.join(' ')}: ${firstLine(stderr)}${permissionHint(stderr)}`);
}

export function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

function permissionHint(stderr: string): string {
  return stderr.includes('not permitted') ? ' (root or CAP_NET_ADMIN is needed)' : '';
}
