/** Running the real programs the demo uses where they are installed. */
import { spawn } from 'node:child_process';

export interface ProgramEnd {
  /** undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  /** Last line of stderr that is not blank: what the program complained about. */
  readonly complaint: string;
}

/** Runs a program to its end; aborting the signal kills it and rejects. Rejects when it cannot be started. */
export function runProgram(
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
  onStdout?: (text: string) => void,
): Promise<ProgramEnd> {
  const [command, ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onStdout?.(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? undefined, stdout, complaint: lastLine(stderr) }));
  });
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
