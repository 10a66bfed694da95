/** Asks for the passphrase of a key on the terminal, without showing it, before anything else happens. */
import { closeSync, readSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import { openTerminal } from './open-terminal.ts';

const ENTER = [0x0a, 0x0d];
const ERASE = [0x7f, 0x08];
const INTERRUPT = 0x03;
const END_OF_INPUT = 0x04;
const MAX_BYTES = 1024;

/** @returns undefined where there is no terminal, or nobody typed anything */
export const askTerminal: AskPassphrase = (keyFile) => {
  const terminal = openTerminal();
  const second = openTerminal();
  if (terminal === undefined || second === undefined) return undefined;
  const raw = new ReadStream(second); // only for its mode: it makes its descriptor one that does not wait
  try {
    raw.setRawMode(true); // first: whoever answers as soon as the question stands there must not see it echoed
    writeSync(terminal, `Enter PEM pass phrase for ${keyFile}: `);
    return readSecretLine(terminal);
  } finally {
    raw.setRawMode(false);
    writeSync(terminal, '\n');
    raw.destroy();
    closeSync(terminal);
  }
};

/** In raw mode nothing is echoed and ^C is a byte like any other. */
function readSecretLine(terminal: number): string | undefined {
  const typed: number[] = [];
  const byte = new Uint8Array(1);
  while (readSync(terminal, byte) === 1) {
    const [code = END_OF_INPUT] = byte;
    if (ENTER.includes(code)) return Buffer.from(typed).toString('utf8');
    if (code === INTERRUPT || code === END_OF_INPUT) return undefined;
    if (ERASE.includes(code)) typed.pop();
    else if (typed.length < MAX_BYTES) typed.push(code);
  }
  return undefined;
}
