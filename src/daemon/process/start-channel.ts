/**
 * What a process and the one that it started in its own place say to each other, a line each: on a descriptor of both. The new one waits
 * for an answer where it needs one, with nothing else to do.
 */
import { readSync, writeSync } from 'node:fs';
import type { Duplex, Writable } from 'node:stream';
import type { AskPassphrase } from '../../tls/material/key-material.ts';

const ASK = 'ask ';
const CHUNK_BYTES = 65_536;

/** In the one that started the other: what it says, from now on. Its end is told by its process. */
export function hearLines(control: Duplex, hear: (line: string) => void): void {
  let text = '';
  control.setEncoding('utf8');
  control.on('error', () => undefined);
  control.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      hear(line);
    }
  });
}

/** @returns whether the line was a question for a passphrase; it has been answered then */
export function answerQuestion(line: string, control: Duplex, ask: AskPassphrase): boolean {
  if (!line.startsWith(ASK)) return false;
  control.write(`${JSON.stringify(ask(JSON.parse(line.slice(ASK.length)) as string) ?? null)}\n`);
  return true;
}

/** In the one that started the other: all that it reads at a descriptor of its own. One that is gone before is told by its process. */
export function giveInput(stream: Writable, input: string): void {
  stream.on('error', () => undefined);
  stream.end(input);
}

/** In the new one: asks whoever started it. */
export function askStarter(control: number, keyFile: string): string | undefined {
  sayLine(control, `${ASK}${JSON.stringify(keyFile)}`);
  return (JSON.parse(waitForLine(control) || 'null') as string | null) ?? undefined;
}

/** @throws NodeJS.ErrnoException where nobody listens any more */
export function sayLine(control: number, line: string): void {
  writeSync(control, `${line}\n`);
}

/** The next line, and whole ones that were said right behind it; '' where the other one is gone. */
export function waitForLine(control: number): string {
  const parts: Buffer[] = [];
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let length = readSync(control, chunk); length > 0; length = readSync(control, chunk)) {
    parts.push(Buffer.from(chunk.subarray(0, length)));
    if (chunk[length - 1] === 0x0a) break;
  }
  return Buffer.concat(parts).toString('utf8').trimEnd();
}
