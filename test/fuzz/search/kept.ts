/**
 * Inputs that are kept in the repository, one a line in base64. corpus/SUBJECT.txt: those that reached new code, which a search begins
 * from. findings/SUBJECT.txt: those that were findings, each below a comment that says of what; `npm test` runs both.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type Kind = 'corpus' | 'findings';

/** Of one subject; all of them stay below a megabyte. */
export const MOST_CORPUS_BYTES = 12 * 1024;
/** Longer inputs are found, run and not kept. */
export const MOST_INPUT_BYTES = 2048;

export function keptFile(kind: Kind, subject: string): string {
  return join(import.meta.dirname, '..', kind, `${subject}.txt`);
}

export function keptInputs(kind: Kind, subject: string): readonly Buffer[] {
  const file = keptFile(kind, subject);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => Buffer.from(line, 'base64'));
}

/** The shortest first, each once, as many as there is room for. */
export function writeCorpus(subject: string, inputs: readonly Buffer[]): void {
  const lines = [...new Set(inputs.filter(({ length }) => length <= MOST_INPUT_BYTES).map((bytes) => bytes.toString('base64')))];
  lines.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  let room = MOST_CORPUS_BYTES;
  const kept = lines.filter((line) => {
    room -= line.length + 1;
    return line !== '' && room >= 0;
  });
  if (kept.length === 0) return;
  write(keptFile('corpus', subject), `${kept.join('\n')}\n`);
}

/** Adds a finding, if it is not there. @param why its first line becomes the comment @returns where it stands */
export function keepFinding(subject: string, bytes: Buffer, why: string): string {
  const file = keptFile('findings', subject);
  const line = bytes.toString('base64');
  mkdirSync(dirname(file), { recursive: true });
  if (!keptInputs('findings', subject).some((each) => each.equals(bytes))) {
    appendFileSync(file, `# ${(why.split('\n', 1)[0] ?? '').slice(0, 200)}\n${line}\n`);
  }
  return `${file} (${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}, ${bytes.length} bytes)`;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
